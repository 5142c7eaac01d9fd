"""Which IP addresses are on the public Internet: pure arithmetic, one table row per range.

`ipaddress.is_global` is not used: it calls NAT64, 6to4, site-local and multicast addresses global,
and each of them is a way to a private host.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SpecialRange:
    """A range that no public host lives in, and the document that says so."""

    network: Network
    name: str
    document: str


def _row(network: str, name: str, document: str) -> SpecialRange:
    return SpecialRange(ip_network(network), name, document)


# RFC 6890 (with its updates in IANA's special-purpose registries), and what it leaves out.
SPECIAL_RANGES: tuple[SpecialRange, ...] = (
    _row("0.0.0.0/8", "this network", "RFC 1122, section 3.2.1.3"),
    _row("10.0.0.0/8", "private use", "RFC 1918"),
    _row("100.64.0.0/10", "shared address space (carrier NAT)", "RFC 6598"),
    _row("127.0.0.0/8", "loopback", "RFC 1122, section 3.2.1.3"),
    _row("168.63.129.16/32", "Azure's host, public only by its number", "Azure: 168.63.129.16"),
    _row("169.254.0.0/16", "link local, where clouds keep credentials", "RFC 3927"),
    _row("172.16.0.0/12", "private use", "RFC 1918"),
    _row("192.0.0.0/24", "IETF protocol assignments", "RFC 6890, section 2.1"),
    _row("192.0.2.0/24", "documentation", "RFC 5737"),
    _row("192.88.99.0/24", "6to4 relay anycast", "RFC 7526"),
    _row("192.168.0.0/16", "private use", "RFC 1918"),
    _row("198.18.0.0/15", "benchmarking", "RFC 2544"),
    _row("198.51.100.0/24", "documentation", "RFC 5737"),
    _row("203.0.113.0/24", "documentation", "RFC 5737"),
    _row("224.0.0.0/4", "multicast", "RFC 5771"),
    _row("240.0.0.0/4", "reserved, limited broadcast", "RFC 1112, RFC 8190"),
    _row("::/128", "unspecified", "RFC 4291"),
    _row("::1/128", "loopback", "RFC 4291"),
    _row("::/96", "IPv4-compatible, deprecated", "RFC 4291, section 2.5.5.1"),
    _row("::ffff:0:0:0/96", "IPv4-translated", "RFC 2765"),
    _row("64:ff9b:1::/48", "NAT64, local use", "RFC 8215"),
    _row("100::/64", "discard only", "RFC 6666"),
    _row("2001::/32", "Teredo", "RFC 4380"),
    _row("2001::/23", "IETF protocol assignments", "RFC 2928"),
    _row("2001:db8::/32", "documentation", "RFC 3849"),
    _row("2002::/16", "6to4, deprecated", "RFC 3056, RFC 7526"),
    _row("3fff::/20", "documentation", "RFC 9637"),
    _row("5f00::/16", "segment routing", "RFC 9602"),
    _row("fc00::/7", "unique local", "RFC 4193"),
    _row("fe80::/10", "link local", "RFC 4291"),
    _row("fec0::/10", "site local, deprecated", "RFC 3879"),
    _row("ff00::/8", "multicast", "RFC 4291"),
)

# The only part of IPv6 that is handed out to hosts (IANA, Internet Protocol Version 6 Address
# Space); whatever else the future brings is refused until it stands here.
GLOBAL_UNICAST = IPv6Network("2000::/3")

_MAPPED = IPv6Network("::ffff:0:0/96")  # RFC 4291, section 2.5.5.2
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052, section 2.1
# RFC 5214, section 6.1: the interface identifier of an ISATAP host, either "u" bit.
_ISATAP_MARKS = (0x00005EFE, 0x02005EFE)


def special_range(address: Address) -> SpecialRange | None:
    """The first row that holds `address` as it is written, without unwrapping."""
    return next((row for row in SPECIAL_RANGES if address in row.network), None)


def unwrap(address: Address) -> Address:
    """The IPv4 address that packets to `address` end at, where a host or NAT64 translates it."""
    if isinstance(address, IPv6Address) and (address in _MAPPED or address in _NAT64):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether `address` is on the public Internet, however it is wrapped.

    Tunnels (6to4, Teredo, IPv4-compatible) are refused as a whole: they are deprecated, and no
    origin is reached only through one. ISATAP hides in any prefix, so its inside is looked at.
    """
    address = unwrap(address)
    if special_range(address) is not None:
        return False
    if isinstance(address, IPv4Address):
        return True
    inside = _isatap_ipv4(address)
    return address in GLOBAL_UNICAST and (inside is None or is_public(inside))


def is_allowed(address: Address, allowed_networks: tuple[Network, ...]) -> bool:
    """Whether we may connect: public, or in a network that the operator named."""
    plain = unwrap(address)
    return any(plain in network for network in allowed_networks) or is_public(address)


@lru_cache(maxsize=1024)
def read_address(text: str) -> Address | None:
    """`text` as an address, None when it is a name. A zone id makes it an address still."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def _isatap_ipv4(address: IPv6Address) -> IPv4Address | None:
    if (int(address) >> 32) & 0xFFFF_FFFF in _ISATAP_MARKS:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None

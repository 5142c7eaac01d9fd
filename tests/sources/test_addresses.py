"""Addresses: one row per range of RFC 6890 and its successors, held at both ends."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.sources.addresses import (
    GLOBAL_UNICAST,
    SPECIAL_RANGES,
    SpecialRange,
    is_allowed,
    is_public,
    special_range,
)

RANGES = [pytest.param(row, id=f"{row.network} {row.name}") for row in SPECIAL_RANGES]

# Every entry of RFC 6890, section 2.2.2 and 2.2.3, that is not meant for public hosts, and the
# later ones of IANA's registries.
_REGISTERED = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.0.0/29 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24
    203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 255.255.255.255/32
    ::/128 ::1/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:2::/48
    2001:db8::/32 2001:10::/28 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""


@pytest.mark.parametrize("row", RANGES)
def test_a_special_range_is_closed_from_its_first_to_its_last_address(row: SpecialRange) -> None:
    for address in (row.network[0], row.network[-1]):
        assert not is_public(address)


@pytest.mark.parametrize("network", _REGISTERED.split())
def test_every_registered_range_is_closed(network: str) -> None:
    assert not is_public(ip_network(network)[0])
    assert not is_public(ip_network(network)[-1])


@pytest.mark.parametrize("row", RANGES)
def test_a_special_range_ends_where_it_ends(row: SpecialRange) -> None:
    neighbors = [int(row.network[0]) - 1, int(row.network[-1]) + 1]
    family = IPv4Address if row.network.version == 4 else IPv6Address
    for number in neighbors:
        if 0 <= number < 2**row.network.max_prefixlen:
            address = family(number)
            assert address not in row.network
            other = special_range(address)
            is_ordinary = address.version == 4 or address in GLOBAL_UNICAST
            assert is_public(address) == (other is None and is_ordinary)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2001:200::",
        "2001:4860:4860::8888",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "2003::",
        "2606:4700::1111",
        "2a00:1450:4001::1",
    ],
)
def test_an_ordinary_address_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("wrapping", "form"),
    [
        ("IPv4-mapped", "::ffff:{v4}"),
        ("IPv4-compatible", "::{v4}"),
        ("IPv4-translated", "::ffff:0:{v4}"),
        ("NAT64", "64:ff9b::{v4}"),
        ("NAT64, local use", "64:ff9b:1::{v4}"),
        ("6to4", "2002:{hex}::1"),
        ("Teredo", "2001:0:4136:e378:8000:63bf:{inverted}"),
        ("ISATAP", "2a00:1450:4001:800::5efe:{v4}"),
        ("ISATAP, universal", "2a00:1450:4001:800:200:5efe:{v4}"),
    ],
)
@pytest.mark.parametrize("inside", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1"])
def test_a_private_ipv4_address_stays_private_in_every_wrapping(
    wrapping: str, form: str, inside: str
) -> None:
    number = int(IPv4Address(inside))
    inverted = number ^ 0xFFFF_FFFF
    address = ip_address(
        form.format(
            v4=inside,
            hex=f"{number >> 16:x}:{number & 0xFFFF:x}",
            inverted=f"{inverted >> 16:x}:{inverted & 0xFFFF:x}",
        )
    )

    assert not is_public(address), wrapping


@pytest.mark.parametrize(
    "address", ["::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2a00:1450:4001:800::5efe:1.1.1.1"]
)
def test_a_public_ipv4_address_stays_public_where_hosts_use_the_wrapping(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", ["::1.1.1.1", "2002:101:101::1", "2001:0:101:101::1"])
def test_deprecated_tunnels_are_closed_whatever_is_in_them(address: str) -> None:
    assert not is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_and_its_mapped_form_are_judged_alike(address: IPv4Address) -> None:
    assert is_public(address) == is_public(IPv6Address((0xFFFF << 32) | int(address)))


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert not is_public(address) or _is_mapped_public(address)


def _is_mapped_public(address: IPv4Address | IPv6Address) -> bool:
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped is not None and is_public(mapped)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("10.1.2.3", True, id="within"),
        pytest.param("::ffff:10.1.2.3", True, id="within, mapped"),
        pytest.param("64:ff9b::10.1.2.3", True, id="within, translated"),
        pytest.param("10.2.0.0", False, id="beside"),
        pytest.param("fd00::1", True, id="within, IPv6"),
        pytest.param("1.1.1.1", True, id="public"),
        pytest.param("::1", False, id="another private one"),
    ],
)
def test_allowed_networks_open_what_lies_in_them_and_nothing_else(
    address: str, expected: bool
) -> None:
    networks = (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))

    assert is_allowed(ip_address(address), networks) is expected

"""Readers turn a setting's text into its value; a ValueError says what would be right."""

import base64
import binascii
import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

HIGHEST_PORT = 65_535
LEAST_SECRET_BYTES = 16
MEMCACHED_PORT = 11_211  # IANA's registry

_BYTES = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]i?B|B)?", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}


def text(value: str) -> str:
    return value


def path(value: str) -> Path:
    return Path(value).expanduser()


def existing_file(value: str) -> Path:
    found = path(value)
    if not found.is_file():
        raise ValueError("give the path of a file that exists")
    return found


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of whole numbers in a range, both ends included."""

    def read(value: str) -> int:
        digits = value.replace("_", "")
        if not (digits.isascii() and digits.isdigit() and lowest <= int(digits) <= highest):
            raise ValueError(f"give a whole number from {lowest} to {highest}")
        return int(digits)

    return read


def seconds(lowest: float, highest: float) -> Callable[[str], float]:
    """A reader of lengths of time in seconds, decimals allowed."""

    def read(value: str) -> float:
        if not re.fullmatch(r"\d{1,10}(\.\d{1,6})?", value, re.ASCII):
            raise ValueError(f"give seconds from {lowest:g} to {highest:g}, such as 25 or 2.5")
        if not lowest <= float(value) <= highest:
            raise ValueError(f"give seconds from {lowest:g} to {highest:g}")
        return float(value)

    return read


def byte_count(value: str) -> int:
    """`50MB` is 50,000,000 and `50MiB` is 52,428,800 (IEC 80000-13)."""
    match = _BYTES.fullmatch(value)
    if match is None:
        raise ValueError("give bytes, such as 50000000, 50MB or 50MiB")
    number, unit = match.group(1), (match.group(2) or "B").upper()
    base = 1024 if "I" in unit else 1000
    count = int(float(number) * base ** _POWERS[unit.rstrip("B").rstrip("I")])
    if not 1 <= count < 2**62:
        raise ValueError("give at least one byte, and fewer than 4 EiB")
    return count


def switch(value: str) -> bool:
    if value.lower() not in {"on", "off"}:
        raise ValueError("give on or off")
    return value.lower() == "on"


def one_of(choices: type[E]) -> Callable[[str], E]:
    def read(value: str) -> E:
        try:
            return choices(value.lower())
        except ValueError:
            raise ValueError(f"give one of {', '.join(choices)}") from None

    return read


def url(*schemes: str) -> Callable[[str], str]:
    """A reader of URLs; the message names the schemes and never repeats the value."""

    def read(value: str) -> str:
        try:
            scheme = urlsplit(value).scheme
        except ValueError:
            scheme = ""
        if scheme not in schemes or "://" not in value:
            raise ValueError(f"give a URL that begins with {', '.join(f'{s}://' for s in schemes)}")
        return value

    return read


def cache_url(value: str) -> str:
    """`memory://`, or the servers of a memcached."""
    memcached_servers(value)
    return value


def memcached_servers(value: str) -> tuple[tuple[str, int], ...]:
    """Hosts and ports of `memcached://h1:11211,h2`; none for `memory://`."""
    if value == "memory://":
        return ()
    scheme, _, hosts = value.partition("://")
    servers = [_memcached_server(host.strip()) for host in hosts.split(",")]
    if scheme != "memcached" or None in servers or len(set(servers)) < len(servers):
        raise ValueError("give memory:// or memcached://host:11211,host:11211")
    return tuple(server for server in servers if server is not None)


def _memcached_server(text: str) -> tuple[str, int] | None:
    """Host and port, the latter 11211 when it is not given; None for what is neither."""
    try:
        parts = urlsplit(f"//{text}")
        port = MEMCACHED_PORT if parts.port is None else parts.port
    except ValueError:
        return None
    is_plain = parts.netloc == text and "@" not in text and not re.search(r"\s|:$", text)
    return (parts.hostname, port) if parts.hostname and is_plain and port else None


def hidden_location(value: str) -> str:
    """A path that nobody guesses, with a slash at both ends."""
    if not re.fullmatch(r"/[A-Za-z0-9_-]{16,100}/", value, re.ASCII):
        raise ValueError(
            "give a path such as /_results-8f2c61d09ab7/: between its slashes 16 to 100 letters, "
            "digits, - or _ that nobody can guess"
        )
    return value


def public_url(value: str) -> str:
    """An origin and an optional path, without a slash at its end."""
    url("http", "https")(value)
    parts = urlsplit(value)
    if not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("give a plain URL such as https://images.example.com")
    return value.rstrip("/")


def listed(read: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A reader of comma lists; spaces around the commas do not count."""

    def read_all(value: str) -> tuple[T, ...]:
        return tuple(read(item.strip()) for item in value.split(",") if item.strip())

    return read_all


def network(value: str) -> Network:
    try:
        return ip_network(value)
    except ValueError as error:
        raise ValueError(f"give networks such as 10.0.0.0/8 or fd00::/8: {error}") from None


def ports(value: str) -> range:
    """One port, or a range such as `8000-8010`, both ends included."""
    first, dash, last = value.partition("-")
    numbers = [first, last if dash else first]
    if all(number.isascii() and number.isdigit() for number in numbers):
        low, high = (int(number) for number in numbers)
        if 1 <= low <= high <= HIGHEST_PORT:
            return range(low, high + 1)
    raise ValueError("give ports such as 80,443 or ranges such as 8000-8010")


def source_pattern(value: str) -> str:
    """`example.com`, `*.example.com`, or a URL prefix."""
    if value.startswith(("http://", "https://")) and urlsplit(value).hostname:
        return value
    if re.fullmatch(r"(\*\.)?[^\s/*@?#]+", value):
        return value.lower()
    raise ValueError(
        "give hosts such as *.example.com or URL prefixes such as https://a.example/b/"
    )


def secret_key(value: str) -> bytes:
    try:
        key = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("give base64url, such as `openssl rand -base64 32` prints") from None
    if len(key) < LEAST_SECRET_BYTES:
        raise ValueError(f"give keys of at least {LEAST_SECRET_BYTES} bytes, better 32")
    return key

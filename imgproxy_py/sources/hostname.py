"""Host names of source URLs: one spelling for each host, and none that hides an address.

A name that the system's resolver would read as a number (`127.1`, `0x7f000001`, `2130706433`) is
refused here, so that nothing after this file needs to know such spellings.
"""

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from yarl import URL

from imgproxy_py.sources.errors import SourceUrlInvalid

MAX_HOST_CHARACTERS = 253  # RFC 1035, section 2.3.4, without the root's dot
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# WHATWG URL, "ends in a number": such a host must be a plain dotted quad or it is nothing.
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)")
# UTS 46 reads these as dots: http://127。0。0。1/
_DOTS_IN_DISGUISE = re.compile("[\u3002\uff0e\uff61]")


@lru_cache(maxsize=1024)  # a page asks for many pictures of few hosts
def read_host(text: str) -> str:
    """The host in lower-case ASCII, an IPv6 address without brackets, or SourceUrlInvalid."""
    if text.startswith("["):
        return _read_ipv6(text)
    if not text.isascii():
        text = _to_ascii(text)
    host = text.lower().removesuffix(".")
    labels = host.split(".")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        return _read_ipv4(host)
    if len(host) > MAX_HOST_CHARACTERS or not all(map(_LABEL.fullmatch, labels)):
        raise SourceUrlInvalid(f'"{_shown(text)}" is not a host name')
    return host


def _read_ipv6(text: str) -> str:
    if "%" in text:
        raise SourceUrlInvalid("the source URL's host has a zone id; that is no public address")
    try:
        return IPv6Address(text.removeprefix("[").removesuffix("]")).compressed
    except AddressValueError as error:
        raise SourceUrlInvalid(f'"{_shown(text)}" is not an IPv6 address') from error


def _read_ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except AddressValueError as error:
        raise SourceUrlInvalid(
            f'"{_shown(host)}" is not a host: write an address as four decimal numbers'
        ) from error


def _to_ascii(text: str) -> str:
    if _DOTS_IN_DISGUISE.search(text):
        raise SourceUrlInvalid("the source URL's host must be written with plain dots")
    try:
        host = URL.build(scheme="http", host=text).raw_host
    except ValueError as error:  # UnicodeError is one
        raise SourceUrlInvalid(f'"{_shown(text)}" is not an international host name') from error
    return host or ""


def _shown(text: str) -> str:
    """`text` fit for a message: short, and without characters that could end a header line."""
    return text[:80].encode("ascii", "backslashreplace").decode().replace('"', "'")

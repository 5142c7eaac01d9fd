"""The authority of a source URL: user-info, host name, port.

Names beyond ASCII are turned to their DNS form (IDNA, RFC 3490). What only looks like a name is
refused here, before any other part of the server can read it otherwise.
"""

import re
from functools import lru_cache
from urllib.parse import quote_from_bytes, unquote_to_bytes

from options_grammar.errors import PathError, quoted

# RFC 1035, section 2.3.4, allows 255 bytes on the wire, which are 253 characters.
_MAX_HOST_CHARACTERS = 253
_NEVER_IN_HOSTS = re.compile(rb"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\]")
# Letters that IDNA 2003, which Python speaks, maps to others and browsers do not (UTS 46, section
# 7, "deviation characters"): the two would fetch from different hosts.
_DEVIATING = re.compile("[\u00df\u03c2\u200c\u200d]")
_PORT = re.compile(r"[0-9]{0,5}")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)
# What RFC 3986, section 3.2.1, allows in user-info, escapes included.
_USER_INFO = "!$&'()*+,;=:%@"


def wire_authority(authority: bytes) -> str:
    """`authority` in ASCII. Raises PathError where it names no host.

    A backslash would be read as a slash by browsers, `http://shown\\@fetched/`, and is refused, as
    are controls and spaces.
    """
    if _NEVER_IN_HOSTS.search(authority):
        raise _invalid("the source URL holds a character that no host name can hold")
    user_info, at, address = authority.rpartition(b"@")
    prefix = quote_from_bytes(user_info, safe=_USER_INFO) + at.decode("ascii")
    return prefix + _wire_address(address)


@lru_cache(maxsize=1024)  # a page asks for many pictures of few hosts
def _wire_address(address: bytes) -> str:
    host, port = _host_and_port(address)
    return _wire_host(host) + port


def _host_and_port(address: bytes) -> tuple[bytes, str]:
    """The host, and the port with its colon. The colons of `[::1]` part nothing."""
    cut = address.find(b":", address.rfind(b"]") + 1)
    host, port = (address, b"") if cut < 0 else (address[:cut], address[cut + 1 :])
    if _PORT.fullmatch(port.decode("latin-1")) is None:
        raise _invalid(f"the source URL's port {quoted(port.decode('latin-1'))} is no number")
    return host, "" if cut < 0 else f":{port.decode('ascii')}"


def _wire_host(host: bytes) -> str:
    if not host:
        raise _invalid("the source URL names no host")
    name = host.decode("latin-1")
    if len(name) <= _MAX_HOST_CHARACTERS and _HOST.fullmatch(name):
        return name
    return _dns_name(host)


def _dns_name(host: bytes) -> str:
    """The DNS form of a name beyond ASCII, whether it was percent-escaped or not."""
    refusal = _invalid(f"the source URL's host {quoted(host.decode('latin-1'))} is no host name")
    try:
        name = unquote_to_bytes(host).decode("utf-8")
        is_refused = name.isascii() or len(name) > _MAX_HOST_CHARACTERS or _DEVIATING.search(name)
        wire = "" if is_refused else name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise refusal from error
    # Full-width digits and dots become ordinary ones here: `http://１２７。１/` would be 127.1.
    is_numeric = _NUMERIC.fullmatch(wire.rstrip(".").rpartition(".")[2]) is not None
    if not _HOST.fullmatch(wire) or is_numeric:
        raise refusal
    return wire


def _invalid(reason: str) -> PathError:
    return PathError(reason, code="source_url_invalid")

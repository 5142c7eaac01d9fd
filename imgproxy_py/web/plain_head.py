"""The head of a plain read in one look: GET or HEAD over HTTP/1.1, whole, and alone in what came.

Whatever is not exactly that is left to h11: a body, another protocol, the end of the connection, a
second request behind it, bytes that are no visible ASCII. Nothing is read here that h11 would read
as something else, or refuse.
"""

import re
from typing import NamedTuple

# RFC 9112, sections 3 and 5, without what is optional or obsolete. Nothing in it is tried twice.
_HEAD = re.compile(
    rb"(GET|HEAD) (/[\x21-\x7e]*+) HTTP/1\.1\r\n"
    rb"((?:[-!#$%&'*+.^_`|~0-9A-Za-z]++:[\t\x20-\x7e]*+\r\n)++)\r\n"
)

# What may ask for a body to be read, or for another protocol.
NEEDS_MORE = frozenset((b"content-length", b"transfer-encoding", b"upgrade", b"expect"))


class PlainHead(NamedTuple):
    """Header names are in lower case, values without the white space around them."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]


def read_plain(data: bytes) -> PlainHead | None:
    """None where `data` is not one plain head after which the connection lives on."""
    found = _HEAD.fullmatch(data)
    if found is None:
        return None
    method, target, lines = found.groups()
    headers = []
    hosts = 0
    for line in lines.split(b"\r\n")[:-1]:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip(b" \t")
        if name in NEEDS_MORE or (name == b"connection" and value.lower() != b"keep-alive"):
            return None
        hosts += name == b"host"
        headers.append((name, value))
    # RFC 9112, section 3.2: one without `Host`, or with two, is refused.
    return PlainHead(method.decode("ascii"), target, headers) if hosts == 1 else None

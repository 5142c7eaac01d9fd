"""Forms as clients put them on the wire, made byte for byte."""

from collections.abc import AsyncIterator

# Bytes that look like a form's own: line ends, dashes, the beginning of the boundary.
PICTURE = b"\x89PNG\r\n\x1a\n\r\n--XX\r\n-\r\r\n\r\n--X" + bytes(range(256)) + b"\r\n"
FORM = "multipart/form-data; boundary=XXX"
FILE = 'form-data; name="file"; filename="a.png"'


def part(disposition: str, body: bytes = PICTURE, *headers: str) -> bytes:
    lines = [f"Content-Disposition: {disposition}", *headers, "", ""]
    return b"--XXX\r\n" + "\r\n".join(lines).encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--XXX--\r\n"


async def chunks_of(body: bytes, size: int = 1 << 16) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]

"""The bytes of a ZIP, any range of them, read from the store only where they are needed."""

import zlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from typing import Protocol

from imgproxy_py.jobs.errors import ResultGone
from imgproxy_py.jobs.zip_layout import FilePart, ZipLayout
from imgproxy_py.store.blobs import Buffer

# A file up to this size is read at once, and checked; a larger one in pieces of it.
PIECE_BYTES = 256 * 1024
# Small files and headers are sent together until there is this much: every send costs the same.
SENT_BYTES = 128 * 1024


class Blobs(Protocol):
    """Where the results lie; `store/blobs.py` has the real ones."""

    async def get(self, key: str) -> Buffer | None: ...

    async def get_range(self, key: str, start: int, length: int) -> Buffer | None: ...


async def zip_bytes(
    layout: ZipLayout, blobs: Blobs, *, start: int, end: int
) -> AsyncGenerator[bytes, None]:
    """Bytes `start` to `end` of the archive, the latter not included.

    Memory holds one piece and what waits to be sent. ResultGone when a file is not there any more,
    or is not what its job wrote: the client then has less than it was promised, and can tell.
    """
    waiting = bytearray()
    for piece in _pieces(layout.parts(start, end)):
        waiting += piece if isinstance(piece, bytes) else await _read(piece, blobs)
        if len(waiting) >= SENT_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _pieces(parts: Iterable[bytes | FilePart]) -> Iterator[bytes | FilePart]:
    """The same, with parts of large files cut into what is read at once."""
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            for at in range(part.start, part.end, PIECE_BYTES):
                yield FilePart(part.entry, at, min(at + PIECE_BYTES, part.end))


async def _read(part: FilePart, blobs: Blobs) -> memoryview:
    entry, key = part.entry, part.entry.blob_key
    if entry.size_bytes <= PIECE_BYTES:
        whole = await blobs.get(key)
        if whole is None or zlib.crc32(whole) != entry.crc32:
            raise ResultGone(entry.name)
        return memoryview(whole)[part.start : part.end]
    length = part.end - part.start
    data = await blobs.get_range(key, part.start, length)
    if data is None or len(data) != length:
        raise ResultGone(entry.name)
    return memoryview(data)

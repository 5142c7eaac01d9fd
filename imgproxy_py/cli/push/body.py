"""A chunk as `multipart/form-data` (RFC 7578), read from the disk while it is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from imgproxy_py.cli.push.chunks import Chunk
from imgproxy_py.cli.push.errors import PushError
from imgproxy_py.cli.push.piece import Piece

_READ_BYTES = 1 << 18
_LINE_END = b"\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkBody:
    """One request's body, as often as it has to be sent. `boundary` must stand in no file: the
    chunk's key, a SHA-256 of all of them, cannot."""

    chunk: Chunk
    fields: Mapping[str, str]
    boundary: str

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def size_bytes(self) -> int:
        heads = sum(len(self._head(piece)) + len(_LINE_END) for piece in self.chunk.pieces)
        return len(self._opening()) + heads + self.chunk.size_bytes + len(self._ending())

    async def stream(self, sent: Callable[[int], None]) -> AsyncIterator[bytes]:
        """The bytes; `sent` hears how many of the pictures' own have gone out.

        Raises PushError when a file is not any more what it was when it was looked at.
        """
        waiting = [self._opening()]
        for group in _groups(self.chunk.pieces):
            # Every block costs a hand-over to a thread and a send, however small it is.
            if len(group) > 1:
                files = await asyncio.to_thread(_read_all, group)
                for piece, data in zip(group, files, strict=True):
                    waiting += self._head(piece), data, _LINE_END
                yield b"".join(waiting)
                sent(sum(map(len, files)))
                waiting = []
                continue
            yield b"".join((*waiting, self._head(group[0])))
            async for data in _bytes_of(group[0]):
                yield data
                sent(len(data))
            waiting = [_LINE_END]
        yield b"".join((*waiting, self._ending()))

    def _opening(self) -> bytes:
        parts = (
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
            for name, text in self.fields.items()
        )
        return "".join(parts).encode()

    def _head(self, piece: Piece) -> bytes:
        # A cleaned name (sources/filename.py) holds no quote, backslash or line break.
        disposition = f'form-data; name="image"; filename="{piece.filename}"'
        return f"--{self.boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode()

    def _ending(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()


def _groups(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    """Neighbors that are read together; a larger piece is alone."""
    group: list[Piece] = []
    size_bytes = 0
    for piece in pieces:
        if group and size_bytes + piece.size_bytes > _READ_BYTES:
            yield group
            group, size_bytes = [], 0
        group.append(piece)
        size_bytes += piece.size_bytes
    if group:
        yield group


def _read_all(pieces: Sequence[Piece]) -> list[bytes]:
    """Whole files, which together are no larger than one block."""
    return [_whole(piece) for piece in pieces]


def _whole(piece: Piece) -> bytes:
    try:
        with piece.picture.path.open("rb", buffering=0) as file:
            data = file.read(piece.size_bytes)
    except OSError as error:
        raise _changed(piece) from error
    if len(data) != piece.size_bytes:
        raise _changed(piece)
    return data


async def _bytes_of(piece: Piece) -> AsyncIterator[bytes]:
    left = piece.size_bytes
    try:
        file, data = await asyncio.to_thread(_opened, piece, min(left, _READ_BYTES))
    except OSError as error:
        raise _changed(piece) from error
    with file:
        while left:
            if not data:
                raise _changed(piece)
            left -= len(data)
            yield data
            if left:
                data = await asyncio.to_thread(file.read, min(left, _READ_BYTES))


def _opened(piece: Piece, count: int) -> tuple[BinaryIO, bytes]:
    """The file and its first bytes, in one visit to the disk."""
    file = piece.picture.path.open("rb")
    try:
        return file, file.read(count)
    except BaseException:
        file.close()
        raise


def _changed(piece: Piece) -> PushError:
    return PushError(
        f"{piece.picture.name} changed while it was being sent; run the same command again"
    )

"""What goes into one request, and the names by which a repeat is known: nothing here does I/O.

Equal pictures and options give equal ids, keys and chunks, in every run and on every machine. That
is all that a rerun needs to go on where the last one stopped.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from imgproxy_py.cli.push.piece import Piece
from imgproxy_py.jobs.batch_limits import MAX_FILES_IN_CHUNK

# Little enough to be sent again after a broken connection; one larger file goes alone.
MAX_CHUNK_BYTES = 32 << 20
# In front of what is hashed: another version that cuts otherwise must not meet its keys.
_VERSION = "push 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Up to fifty pictures of one request, all with the same `options` (canonical text)."""

    options: str
    pieces: tuple[Piece, ...]

    @property
    def size_bytes(self) -> int:
        return sum(piece.size_bytes for piece in self.pieces)

    def key(self, batch_id: str, tries: Mapping[str, int]) -> str:
        """The `Idempotency-Key`. `tries` counts what came to nothing before, by file name: a try
        that is meant to be a new one needs a new key."""
        files = [
            (piece.filename, piece.sha256, tries.get(piece.filename, 0)) for piece in self.pieces
        ]
        return _digest(batch_id, self.options, files)

    def only(self, filenames: Collection[str]) -> "Chunk":
        """Those of its pictures that have these names."""
        left = tuple(piece for piece in self.pieces if piece.filename in filenames)
        return replace(self, pieces=left)


def default_batch_id(pieces: Sequence[Piece], options: str) -> str:
    """The `client_batch_id` of these very pictures with these options."""
    files = sorted((piece.filename, piece.sha256) for piece in pieces)
    return f"push-{_digest(options, files)[:32]}"


def cut(
    pieces: Iterable[Piece],
    *,
    options_of: Mapping[Piece, str],
    max_files: int = MAX_FILES_IN_CHUNK,
    max_bytes: int = MAX_CHUNK_BYTES,
) -> list[Chunk]:
    """All pieces in their order, those with equal options together."""
    open_chunks: dict[str, list[Piece]] = {}
    full: list[Chunk] = []
    for piece in pieces:
        options = options_of[piece]
        held = open_chunks.setdefault(options, [])
        held_bytes = sum(each.size_bytes for each in held)
        if held and (len(held) == max_files or held_bytes + piece.size_bytes > max_bytes):
            full.append(Chunk(options=options, pieces=tuple(held)))
            held.clear()
        held.append(piece)
    rest = [Chunk(options=text, pieces=tuple(held)) for text, held in open_chunks.items() if held]
    return full + rest


def _digest(*parts: object) -> str:
    told = json.dumps([_VERSION, *parts], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(told.encode("ascii")).hexdigest()

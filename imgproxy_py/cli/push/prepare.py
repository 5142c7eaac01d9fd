"""From what is asked for to what is sent: every file is read once, here."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from imgproxy_py.cli.files import Picture
from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.push.asked import Asked
from imgproxy_py.cli.push.chunks import Chunk, cut, default_batch_id
from imgproxy_py.cli.push.outcomes import failed_outcome, unsent_outcome
from imgproxy_py.cli.push.piece import Piece, read_piece, sent_names
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from options_grammar import Format, Options, canonical

_READ_TOGETHER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What goes to the server under which name; `outcomes` of what does not go there at all."""

    batch_id: str
    pieces: tuple[Piece, ...]
    chunks: tuple[Chunk, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def size_bytes(self) -> int:
        return sum(piece.size_bytes for piece in self.pieces)


async def prepare(asked: Asked) -> Prepared:
    """A file that cannot be read is an outcome, not an exception."""
    read, outcomes = await _read(asked.pictures)
    pieces = []
    for piece in read:
        if asked.where.is_in_place and _is_read_only(piece):
            outcomes.append(unsent_outcome(piece))
        else:
            pieces.append(piece)
    text_of = cache(lambda source_format: _options_text(asked, source_format))
    options_of = {piece: text_of(piece.source_format) for piece in pieces}
    # The name of the batch does not hang on where results go, but on what they are.
    told = canonical(asked.options) + (" in place" if asked.where.is_in_place else "")
    return Prepared(
        batch_id=asked.batch_id or default_batch_id(pieces, told),
        pieces=tuple(pieces),
        chunks=tuple(cut(pieces, options_of=options_of)),
        outcomes=tuple(outcomes),
    )


async def _read(pictures: Sequence[Picture]) -> tuple[list[Piece], list[Outcome]]:
    pieces, outcomes = [], []
    named = list(zip(pictures, sent_names(pictures), strict=True))
    for start in range(0, len(named), _READ_TOGETHER):
        # Asking a thread costs as much as reading a small file.
        for each in await asyncio.to_thread(_read_some, named[start : start + _READ_TOGETHER]):
            if isinstance(each, Piece):
                pieces.append(each)
            else:
                outcomes.append(each)
    return pieces, outcomes


def _read_some(named: Sequence[tuple[Picture, str]]) -> list[Piece | Outcome]:
    read: list[Piece | Outcome] = []
    for picture, name in named:
        try:
            read.append(read_piece(picture, name))
        except OSError as error:
            read.append(failed_outcome(picture, error.strerror or str(error)))
    return read


def _is_read_only(piece: Piece) -> bool:
    return piece.source_format is not None and not FORMATS[piece.source_format].is_writable


def _options_text(asked: Asked, source_format: ImageFormat | None) -> str:
    """In place, each file keeps its format."""
    options: Options = asked.options
    if asked.where.is_in_place and source_format is not None:
        options = replace(options, format=Format(source_format.value))
    return canonical(options)

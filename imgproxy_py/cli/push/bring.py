"""Results on their way to their places: small ones together, a large one alone.

A request costs both sides more than a small picture does, and so does a visit to a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.push.batch import Batch, Made
from imgproxy_py.cli.push.errors import ResultLost
from imgproxy_py.cli.push.fetch import Fetched, fetch
from imgproxy_py.cli.push.ledger import Ended
from imgproxy_py.cli.push.outcomes import failed_outcome, kept_outcome, made_outcome
from imgproxy_py.cli.push.piece import Piece
from imgproxy_py.cli.push.places import Place
from imgproxy_py.cli.push.together import fetch_together

MAX_TOGETHER = 32
# Little enough to be asked for again when the line breaks.
MAX_TOGETHER_BYTES = 4 << 20

# None for a result that is gone: its picture has to be sent again.
Brought = tuple[Piece, Outcome | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One result that may have to be fetched."""

    number: int | None
    piece: Piece
    made: Made

    def outcome(self, place: Place, fetched: Fetched | None) -> Outcome | None:
        """Waits for the disk. None when it is not there and was not fetched either."""
        piece, made = self.piece, self.made
        try:
            if fetched is not None:
                path = place.put(piece, made, fetched.data)
                size, receipt = len(fetched.data), fetched.receipt
                return made_outcome(piece, made, path, receipt=receipt, result_bytes=size)
            had = place.has(piece, made) if place.may_have(piece, made) else None
        except OSError as error:
            return failed_outcome(piece.picture, error.strerror or str(error))
        if had is None:
            return None
        size = made.result_bytes
        return made_outcome(piece, made, had, receipt=made.receipt, result_bytes=size)


def is_enough(group: Sequence[Ended]) -> bool:
    """For one round: others may fetch the next."""
    size_bytes = sum(each.made.result_bytes for each in group if each.made is not None)
    return len(group) >= MAX_TOGETHER or size_bytes >= MAX_TOGETHER_BYTES


async def bring(batch: Batch, place: Place, group: Sequence[Ended]) -> AsyncIterator[Brought]:
    """What became of every one of them, in no promised order. Raises PushError."""
    wanted = []
    for ended in group:
        piece, made = ended.piece, ended.made
        assert made is not None
        if place.keeps_source(piece, made):
            yield piece, kept_outcome(piece, made)
        else:
            wanted.append(_Wanted(number=ended.number, piece=piece, made=made))
    missing = []
    for each, outcome in await _had(place, wanted):
        if outcome is not None:
            yield each.piece, outcome
        else:
            missing.append(each)
    for each, outcome in await _brought(batch, place, missing):
        yield each.piece, outcome


async def _had(place: Place, wanted: Sequence[_Wanted]) -> Sequence[tuple[_Wanted, Outcome | None]]:
    """What an earlier run has left."""
    may_have = {id(each) for each in wanted if place.may_have(each.piece, each.made)}
    if not may_have:
        return [(each, None) for each in wanted]
    return await asyncio.to_thread(
        lambda: [
            (each, each.outcome(place, None) if id(each) in may_have else None) for each in wanted
        ]
    )


async def _brought(
    batch: Batch, place: Place, missing: Sequence[_Wanted]
) -> Sequence[tuple[_Wanted, Outcome | None]]:
    together = await _together(batch, missing)
    fetched = [
        (each, together.get(each.number) or await _alone(batch, each.made)) for each in missing
    ]
    return await asyncio.to_thread(
        lambda: [
            (each, None if data is None else each.outcome(place, data)) for each, data in fetched
        ]
    )


async def _together(batch: Batch, missing: Sequence[_Wanted]) -> Mapping[int | None, Fetched]:
    wanted = {each.number: each.made for each in missing if each.number is not None}
    if len(wanted) < 2:
        return {}
    got = await fetch_together(batch, wanted)
    return {
        number: Fetched(data=data, receipt=wanted[number].receipt) for number, data in got.items()
    }


async def _alone(batch: Batch, made: Made) -> Fetched | None:
    try:
        return await fetch(batch.client, made)
    except ResultLost:
        return None

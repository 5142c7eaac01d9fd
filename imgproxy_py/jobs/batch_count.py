"""How far a batch has come, counted without counting what was over at the last look.

    chunks  | all ended | all ended | some left | not there yet | all ended |
            └──── remembered ──────┘└─────────── asked for ─────────────────┘

The jobs of a chunk come into their table together, and what has ended stays as it is. So a chunk
with jobs of which none is left needs no second look. Fifty thousand rows take the database a sixth
of a second, and a batch is looked at every second while it runs.
"""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Select, and_, bindparam, func, select, type_coerce

from imgproxy_py.jobs.batch import BatchProgress
from imgproxy_py.jobs.states import UNFINISHED, State
from imgproxy_py.jobs.tables import batch_chunks, batch_rejections, jobs

# Then everything is counted again: somebody may have removed rows.
REMEMBERED_SECONDS = 60.0
MAX_BATCHES = 256


class Share(NamedTuple):
    """The jobs of one chunk that are in one state; `state` is None for a chunk without jobs."""

    first_number: int
    files: int
    state: str | None
    jobs: int
    source_bytes: int
    result_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Sums of jobs. All chunks below the number `until` are in them."""

    until: int = 0
    counts: Counter[State] = field(default_factory=Counter)
    source_bytes: int = 0
    result_bytes: int = 0

    def with_chunk(self, shares: Sequence[Share]) -> "Counted":
        """And those of the next chunk."""
        counts = self.counts.copy()
        for share in shares:
            if share.state is not None:
                counts[State(share.state)] += share.jobs
        return Counted(
            until=shares[0].first_number + shares[0].files,
            counts=counts,
            source_bytes=self.source_bytes + sum(share.source_bytes for share in shares),
            result_bytes=self.result_bytes + sum(share.result_bytes for share in shares),
        )

    def progress(self, *, rejected: int) -> BatchProgress:
        return BatchProgress(
            counts=MappingProxyType(dict(self.counts)),
            rejected=rejected,
            source_bytes=self.source_bytes,
            result_bytes=self.result_bytes,
        )


def counted(before: Counted, shares: Iterable[Share]) -> tuple[Counted, Counted]:
    """Everything, and of it what is over for good, from `shares` of chunks in their order."""
    over = all_of_it = before
    is_over = True
    for _, of_chunk in groupby(shares, key=lambda share: share.first_number):
        chunk = list(of_chunk)
        all_of_it = all_of_it.with_chunk(chunk)
        is_over = is_over and all(_has_ended(share) for share in chunk)
        if is_over:
            over = all_of_it
    return all_of_it, over


def _has_ended(share: Share) -> bool:
    """Jobs of a chunk that has none may be on their way."""
    return share.state is not None and State(share.state) not in UNFINISHED


class BatchCounter:
    """`clock` gives seconds. Remembers in this process alone, for one event loop."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._over: OrderedDict[str, tuple[float, Counted]] = OrderedDict()

    def before(self, batch_id: str) -> Counted:
        """What need not be asked for."""
        forget_at, over = self._over.get(batch_id, (0.0, Counted()))
        return over if self._clock() < forget_at else Counted()

    def remember(self, batch_id: str, before: Counted, over: Counted) -> None:
        """`over` grew out of `before`."""
        known = self._over.get(batch_id)
        if known is None or before.until == 0:
            forget_at = self._clock() + REMEMBERED_SECONDS
        else:
            forget_at = known[0]
        self._over[batch_id] = forget_at, over
        self._over.move_to_end(batch_id)
        if len(self._over) > MAX_BATCHES:
            self._over.popitem(last=False)


def _shares() -> Select[Any]:
    figures = type_coerce(jobs.c.result, JSON)
    is_of_chunk = and_(
        jobs.c.batch_id == batch_chunks.c.batch_id,
        jobs.c.number >= batch_chunks.c.first_number,
        jobs.c.number < batch_chunks.c.first_number + batch_chunks.c.files,
    )
    return (
        select(
            batch_chunks.c.first_number,
            batch_chunks.c.files,
            jobs.c.state,
            func.count(jobs.c.id),
            func.coalesce(func.sum(figures["source_bytes"].as_integer()), 0),
            func.coalesce(func.sum(figures["result_bytes"].as_integer()), 0),
        )
        .select_from(batch_chunks)
        .outerjoin(jobs, is_of_chunk)
        .where(batch_chunks.c.batch_id == bindparam("batch"))
        .where(batch_chunks.c.first_number >= bindparam("since"))
        .group_by(batch_chunks.c.first_number, batch_chunks.c.files, jobs.c.state)
        .order_by(batch_chunks.c.first_number)
    )


_SHARES = _shares()
_REJECTED = select(func.count()).where(batch_rejections.c.batch_id == bindparam("batch"))


def look(connection: Connection, batch_id: str, *, since: int) -> tuple[list[Share], int]:
    """The jobs of all chunks from the number `since` on, and how many files were rejected."""
    rows = connection.execute(_SHARES, {"batch": batch_id, "since": since})
    shares = [Share(*row) for row in rows]
    return shares, int(connection.execute(_REJECTED, {"batch": batch_id}).scalar_one())

"""One transaction at a time for all who reserve, spend and give back at the same moment.

SQLite's writers wait for one another by trying again and again, which makes many of them slow and
some of them very slow. Here what comes while a transaction runs is done together in the next one:
with 64 images at once that is a tenth of the work.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from imgproxy_py.accounts import quota_rows
from imgproxy_py.accounts.quota import how_many_fit
from imgproxy_py.database.database import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Images that somebody wants to have made in `month`, whose limit is `limit`.

    `may_be_repeated`: a process that was killed may have reserved some of the ids before; they are
    taken up and not counted twice.
    """

    account_id: str
    ids: Sequence[str]
    month: str
    limit: int
    now: datetime
    expires_at: datetime
    may_be_repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Reservations that are over."""

    spent: Collection[str] = ()
    released: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """`answer` is set once the transaction is committed: how many of a wish's ids are reserved."""

    what: Wish | End
    answer: asyncio.Future[int]

    @property
    def is_given_up(self) -> bool:
        """Nobody waits for the images any more. An end counts all the same."""
        return isinstance(self.what, Wish) and self.answer.cancelled()


class QuotaLedger:
    """Belongs to one process and one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Entry] = []
        self._writing: asyncio.Task[None] | None = None
        self._kept: list[End] = []

    @property
    def has_kept(self) -> bool:
        """Whether there are ends that the database has not taken yet."""
        return bool(self._kept)

    async def write(self, what: Wish | End) -> int:
        """How many of a wish's ids are reserved, the first of them; 0 for an end.

        Whoever is cancelled meanwhile stops waiting; a transaction that has begun goes on.
        """
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Entry(what=what, answer=answer))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await answer

    async def settle(self, end: End) -> None:
        """As `write`, for who cannot do anything about a failure: it is kept for `retry`."""
        try:
            await self.write(end)
        except Exception:
            logger.exception("images could not be counted; they are kept and tried again")
            self._kept.append(end)

    async def retry(self) -> None:
        """Write what was kept; it stays kept when that fails again."""
        kept, self._kept = self._kept, []
        try:
            await asyncio.gather(*(self.write(each) for each in kept))
        except BaseException:
            # Those that went through change nothing the second time.
            self._kept = kept + self._kept
            raise

    async def _write(self) -> None:
        try:
            while self._waiting:
                entries, self._waiting = self._waiting, []
                await self._write_together([each for each in entries if not each.is_given_up])
        finally:
            self._writing = None

    async def _write_together(self, entries: Sequence[_Entry]) -> None:
        try:
            wanted = [each.what for each in entries]
            answers = await self._database.write(lambda connection: _carry_out(connection, wanted))
        except Exception as error:  # noqa: BLE001 (it is told to everybody who waits for it)
            for each in entries:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        for each, answer in zip(entries, answers, strict=True):
            if not each.answer.done():
                each.answer.set_result(answer)


def _carry_out(connection: Connection, entries: Sequence[Wish | End]) -> list[int]:
    """Ends first: what they free is there for the wishes, which are granted in their order."""
    ends = [each for each in entries if isinstance(each, End)]
    quota_rows.spend(connection, [one for each in ends for one in each.spent])
    quota_rows.release(connection, [one for each in ends for one in each.released])
    repeated = [each for each in entries if isinstance(each, Wish) and each.may_be_repeated]
    quota_rows.release(connection, [one for each in repeated for one in each.ids])
    taken: dict[tuple[str, str], int] = {}
    answers = []
    granted: list[quota_rows.Reservation] = []
    for each in entries:
        fitting = _grant(connection, each, taken) if isinstance(each, Wish) else 0
        answers.append(fitting)
        if isinstance(each, Wish):
            granted += [_reservation(each, one) for one in each.ids[:fitting]]
    quota_rows.reserve(connection, granted)
    return answers


def _grant(connection: Connection, wish: Wish, taken: dict[tuple[str, str], int]) -> int:
    """How many of the ids fit, beside what the account has `taken` of that month already.

    Expired rows go first. An expired row that is still there when its image is spent after all
    has therefore not been given to anybody else, and the limit holds.
    """
    place = (wish.account_id, wish.month)
    if place not in taken:
        quota_rows.sweep(connection, wish.account_id, now=wish.now)
        taken[place] = sum(quota_rows.standing(connection, *place, now=wish.now))
    fitting = how_many_fit(len(wish.ids), taken=taken[place], limit=wish.limit)
    taken[place] += fitting
    return fitting


def _reservation(wish: Wish, reservation_id: str) -> quota_rows.Reservation:
    return quota_rows.Reservation(
        id=reservation_id,
        account_id=wish.account_id,
        month=wish.month,
        expires_at=wish.expires_at,
    )

"""Quotas in the database, inside a transaction of the caller's.

A reservation is one row. Spending deletes the row and counts one in its month, so nothing can be
spent twice. Reservations of a process that was killed end at `expires_at`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.accounts.tables import quota_months, quota_reservations

# SQLite takes 32,766 parameters in a statement (https://sqlite.org/limits.html).
_IDS_PER_STATEMENT = 10_000

# Made once: building one costs more time than running it.
_NEW_MONTH = upsert(quota_months)
_ADD = _NEW_MONTH.on_conflict_do_update(
    index_elements=[quota_months.c.account_id, quota_months.c.month],
    set_={"used": quota_months.c.used + _NEW_MONTH.excluded.used},
)
_DELETE = delete(quota_reservations).where(
    quota_reservations.c.id.in_(bindparam("ids", expanding=True))
)
_SPEND = _DELETE.returning(*quota_reservations.c)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """One image of `month` that is being made; forgotten at `expires_at`."""

    id: str
    account_id: str
    month: str
    expires_at: datetime


async def sweep(session: AsyncSession, account_id: str, *, now: datetime) -> None:
    """Forget the account's expired reservations."""
    await session.execute(
        delete(quota_reservations).where(
            quota_reservations.c.account_id == account_id, quota_reservations.c.expires_at <= now
        )
    )


async def reserve(session: AsyncSession, reservations: Sequence[Reservation]) -> None:
    """What is reserved already stays as it is."""
    if reservations:
        rows = [asdict(each) for each in reservations]
        await session.execute(upsert(quota_reservations).on_conflict_do_nothing(), rows)


async def hold(session: AsyncSession, ids: Collection[str], *, until: datetime) -> None:
    """Let these reservations, as far as there are any, end at another time."""
    for some in _chunks(ids):
        statement = update(quota_reservations).where(quota_reservations.c.id.in_(some))
        await session.execute(statement.values(expires_at=until))


async def spend(session: AsyncSession, ids: Collection[str]) -> set[str]:
    """Count these in the months they were reserved in; gives back those that were reserved.

    What is no longer reserved is left alone: it was spent before, or it had expired.
    """
    counts: Counter[tuple[str, str]] = Counter()
    spent = set()
    for some in _chunks(ids):
        for row in (await session.execute(_SPEND, {"ids": some})).mappings():
            spent.add(row["id"])
            counts[row["account_id"], row["month"]] += 1
    await add(session, counts)
    return spent


async def count(session: AsyncSession, images: Mapping[str, str], *, month: str) -> None:
    """Count each of these once, reserved or not; `images` leads from their ids to their accounts.

    For a caller who knows that each ends once, as jobs do. What no row stands for (its plan had no
    limit) counts in `month`.
    """
    reserved = await spend(session, images)
    counts = Counter(account for each, account in images.items() if each not in reserved)
    await add(session, {(account, month): number for account, number in counts.items()})


async def release(session: AsyncSession, ids: Collection[str]) -> None:
    """Give these back uncounted."""
    for some in _chunks(ids):
        await session.execute(_DELETE, {"ids": some})


async def add(session: AsyncSession, counts: Mapping[tuple[str, str], int]) -> None:
    """Count images by account and month."""
    if not counts:
        return
    rows = [
        {"account_id": account_id, "month": month, "used": images}
        for (account_id, month), images in counts.items()
    ]
    await session.execute(_ADD, rows)


async def standing(
    session: AsyncSession, account_id: str, month: str, *, now: datetime
) -> tuple[int, int]:
    """Images used, and images reserved, of one month."""
    used = select(quota_months.c.used).where(
        quota_months.c.account_id == account_id, quota_months.c.month == month
    )
    reserved = (
        select(func.count())
        .select_from(quota_reservations)
        .where(
            quota_reservations.c.account_id == account_id,
            quota_reservations.c.month == month,
            quota_reservations.c.expires_at > now,
        )
    )
    query = select(func.coalesce(used.scalar_subquery(), 0), reserved.scalar_subquery())
    row = (await session.execute(query)).one()
    return row[0], row[1]


async def used_in(session: AsyncSession, month: str) -> dict[str, int]:
    """Images used in one month, by account; who used none is left out."""
    query = select(quota_months.c.account_id, quota_months.c.used).where(
        quota_months.c.month == month
    )
    return {row.account_id: row.used for row in await session.execute(query)}


def _chunks(ids: Collection[str]) -> list[list[str]]:
    listed = list(ids)
    starts = range(0, len(listed), _IDS_PER_STATEMENT)
    return [listed[start : start + _IDS_PER_STATEMENT] for start in starts]

"""Quotas in the database, inside a transaction of the caller's.

A reservation is one row. Spending deletes the row and counts one in its month, so nothing can be
spent twice. Reservations of a process that was killed end at `expires_at`.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

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


def sweep(connection: Connection, account_id: str, *, now: datetime) -> None:
    """Forget the account's expired reservations."""
    connection.execute(
        delete(quota_reservations).where(
            quota_reservations.c.account_id == account_id, quota_reservations.c.expires_at <= now
        )
    )


def reserve(connection: Connection, reservations: Sequence[Reservation]) -> None:
    """What is reserved already stays as it is."""
    if reservations:
        rows = [asdict(each) for each in reservations]
        connection.execute(upsert(quota_reservations).on_conflict_do_nothing(), rows)


def hold(connection: Connection, ids: Collection[str], *, until: datetime) -> None:
    """Let these reservations, as far as there are any, end at another time."""
    for some in _chunks(ids):
        statement = update(quota_reservations).where(quota_reservations.c.id.in_(some))
        connection.execute(statement.values(expires_at=until))


def spend(connection: Connection, ids: Collection[str]) -> set[str]:
    """Count these in the months they were reserved in; gives back those that were reserved.

    What is no longer reserved is left alone: it was spent before, or it had expired.
    """
    counts: Counter[tuple[str, str]] = Counter()
    spent = set()
    for some in _chunks(ids):
        for row in connection.execute(_SPEND, {"ids": some}).mappings():
            spent.add(row["id"])
            counts[row["account_id"], row["month"]] += 1
    add(connection, counts)
    return spent


def count(connection: Connection, images: Mapping[str, str], *, month: str) -> None:
    """Count each of these once, reserved or not; `images` leads from their ids to their accounts.

    For a caller who knows that each ends once, as jobs do. What no row stands for (its plan had no
    limit) counts in `month`.
    """
    reserved = spend(connection, images)
    counts = Counter(account for each, account in images.items() if each not in reserved)
    add(connection, {(account, month): number for account, number in counts.items()})


def release(connection: Connection, ids: Collection[str]) -> None:
    """Give these back uncounted."""
    for some in _chunks(ids):
        connection.execute(_DELETE, {"ids": some})


def add(connection: Connection, counts: Mapping[tuple[str, str], int]) -> None:
    """Count images by account and month."""
    if not counts:
        return
    rows = [
        {"account_id": account_id, "month": month, "used": images}
        for (account_id, month), images in counts.items()
    ]
    connection.execute(_ADD, rows)


def standing(
    connection: Connection, account_id: str, month: str, *, now: datetime
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
    row = connection.execute(query).one()
    return row[0], row[1]


def used_in(connection: Connection, month: str) -> dict[str, int]:
    """Images used in one month, by account; who used none is left out."""
    query = select(quota_months.c.account_id, quota_months.c.used).where(
        quota_months.c.month == month
    )
    return {row.account_id: row.used for row in connection.execute(query)}


def _chunks(ids: Collection[str]) -> list[list[str]]:
    listed = list(ids)
    starts = range(0, len(listed), _IDS_PER_STATEMENT)
    return [listed[start : start + _IDS_PER_STATEMENT] for start in starts]

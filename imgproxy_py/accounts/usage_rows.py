"""Usage in the database: one row for each account, key and day."""

from dataclasses import asdict
from datetime import timedelta

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from imgproxy_py.accounts import quota_rows
from imgproxy_py.accounts.quota import first_moment, resets_at
from imgproxy_py.accounts.tables import usage_days
from imgproxy_py.accounts.usage import Counts, Gathered, UsageReport, report_of
from imgproxy_py.database.database import Database

_COUNTED = ("images", "cache_hits", "failures", "source_bytes", "result_bytes")
_NEW_DAY = upsert(usage_days)
_ADD = _NEW_DAY.on_conflict_do_update(
    index_elements=[usage_days.c.account_id, usage_days.c.key_id, usage_days.c.day],
    set_={name: usage_days.c[name] + _NEW_DAY.excluded[name] for name in _COUNTED},
)


async def write(database: Database, gathered: Gathered) -> None:
    """Add what was gathered to what is there, all of it or nothing."""
    rows = [
        {"account_id": account_id, "key_id": key_id, "day": day} | asdict(counts)
        for (account_id, key_id, day), counts in gathered.days.items()
    ]
    images = dict(gathered.images)

    def add(connection: Connection) -> None:
        if rows:
            connection.execute(_ADD, rows)
        quota_rows.add(connection, images)

    await database.write(add)


async def read(database: Database, account_id: str, *, month: str) -> UsageReport:
    """One month of an account; ValueError when `month` is none."""
    first, after = first_moment(month).date(), resets_at(month).date()
    query = (
        select(usage_days)
        .where(usage_days.c.account_id == account_id)
        .where(usage_days.c.day.between(first, after - timedelta(days=1)))
        .order_by(usage_days.c.day, usage_days.c.key_id)
    )
    rows = await database.read(lambda connection: connection.execute(query).mappings().all())
    return report_of(
        month,
        (
            (row["key_id"], row["day"], Counts(**{name: row[name] for name in _COUNTED}))
            for row in rows
        ),
    )

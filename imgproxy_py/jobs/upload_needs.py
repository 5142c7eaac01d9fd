"""Which uploads are still needed, as the rows of their jobs say."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select

from imgproxy_py.database.database import Database
from imgproxy_py.jobs.states import UNFINISHED
from imgproxy_py.jobs.tables import jobs
from imgproxy_py.jobs.upload_packs import Pack

_OF_IDS = select(jobs.c.id, jobs.c.state).where(jobs.c.id.in_(bindparam("ids", expanding=True)))
_OF_PACK = (
    select(jobs.c.state)
    .where(jobs.c.batch_id == bindparam("batch"))
    .where(jobs.c.number.between(bindparam("first"), bindparam("last")))
    .distinct()
)


async def upload_needs(database: Database, names: Sequence[str]) -> dict[str, bool]:
    """By the names of uploads, some hundreds at most: whether a job still has to be done with it.

    One without any job is not in it: its job is on its way, or will never come.
    """
    return await database.read(lambda connection: _needs(connection, names))


def _needs(connection: Connection, names: Sequence[str]) -> dict[str, bool]:
    packs = [pack for pack in map(Pack.named, names) if pack is not None]
    ids = list(set(names) - {pack.name for pack in packs})
    needs = {}
    if ids:
        found = connection.execute(_OF_IDS, {"ids": ids})
        needs = {row.id: _is_needed([row.state]) for row in found}
    for pack in packs:
        asked = {"batch": pack.batch_id, "first": pack.first_number, "last": pack.last_number}
        states = list(connection.execute(_OF_PACK, asked).scalars())
        if states:
            needs[pack.name] = _is_needed(states)
    return needs


def _is_needed(states: Iterable[str]) -> bool:
    return any(state in UNFINISHED for state in states)

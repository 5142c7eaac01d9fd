"""Accounts on a running server, made as its operator makes them: in its database."""

import asyncio
import sqlite3
from dataclasses import dataclass
from uuid import uuid4

from imgproxy_py.accounts.plan import load_plans
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.web.server import RunningServer

# Plans that are used up quickly; a server of these tests has them beside the usual ones.
PLANS_FILE = """
[two-images]
keys = 3
requests_per_minute = "unlimited"
images_per_month = 2

[ten-requests]
keys = 2
requests_per_minute = 10
images_per_month = "unlimited"
"""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """An account and its first key."""

    id: str
    username: str
    key: str
    key_id: str


def new_account(server: RunningServer, plan: str = "unlimited") -> Holder:
    """An account that no other test has anything to do with."""
    return asyncio.run(_made(server, plan))


async def _made(server: RunningServer, plan: str) -> Holder:
    database = Database(f"sqlite:///{server.data_dir}/imgproxy.db")
    file = server.data_dir.parent / "plans.toml"
    plans = load_plans(file if file.exists() else None)
    try:
        repository = AccountRepository(database, plans=plans)
        account = await repository.create(f"maria-{uuid4().hex[:12]}", plan=plan)
        issued = await repository.issue_key(account, name="first")
    finally:
        await database.dispose()
    return Holder(
        id=account.id, username=account.username, key=issued.plaintext, key_id=issued.key.id
    )


def stored_text(server: RunningServer) -> bytes:
    """Every byte of the database, as a thief of the files would read it."""
    with sqlite3.connect(server.data_dir / "imgproxy.db") as database:
        database.execute("PRAGMA wal_checkpoint(FULL)")
    parts = server.data_dir.glob("imgproxy.db*")
    return b"".join(part.read_bytes() for part in parts)

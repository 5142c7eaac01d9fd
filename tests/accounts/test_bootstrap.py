"""The first account: made once, also when several processes start at the same moment."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from imgproxy_py.accounts.api_key import secret_hash
from imgproxy_py.accounts.bootstrap import bootstrap
from imgproxy_py.accounts.errors import PlanUnknown
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database

START = """
import asyncio, sys
from imgproxy_py.accounts.bootstrap import bootstrap
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate

async def main(url):
    await migrate(url)
    database = Database(url)
    made = await bootstrap(database, AccountRepository(database))
    await database.dispose()
    print("made" if made else "found")

asyncio.run(main(sys.argv[1]))
"""


async def test_the_first_account_gets_a_readable_name_and_a_key(
    database: Database, repository: AccountRepository
) -> None:
    made = await bootstrap(database, repository)

    assert made is not None
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d\d", made.account.username)
    assert made.account.plan == "unlimited"
    assert await repository.find_by_hash(secret_hash(made.key.plaintext)) == (
        made.account,
        made.key.key,
    )


async def test_what_the_operator_chose_is_taken(
    database: Database, repository: AccountRepository
) -> None:
    made = await bootstrap(
        database, repository, username="me", api_key="opt_chosen-by-hand", plan="pro"
    )

    assert made is not None
    assert (made.account.username, made.account.plan) == ("me", "pro")
    assert await repository.find_by_hash(secret_hash("opt_chosen-by-hand")) is not None


async def test_where_there_is_an_account_none_is_made(
    database: Database, repository: AccountRepository
) -> None:
    await repository.create("someone", plan="free")

    assert await bootstrap(database, repository) is None
    assert len(await repository.list_accounts()) == 1


async def test_a_failed_first_start_leaves_nothing_behind(
    database: Database, repository: AccountRepository
) -> None:
    with pytest.raises(PlanUnknown):
        await bootstrap(database, repository, plan="gold")

    assert await repository.list_accounts() == []


def test_processes_that_start_together_make_one_account(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/folder/test.db"
    command = [sys.executable, "-c", START, url]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    outcomes = [process.communicate(timeout=60) for process in processes]

    assert sorted(out.strip() for out, _ in outcomes) == ["found", "found", "made"], outcomes

"""`imgproxy-py account`: what an operator sees, and what a script may rely on."""

import asyncio
import re
from pathlib import Path

import pytest

from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.cli.command import run
from tests.cli.operating import asked, cwd, told

__all__ = ["cwd"]


def test_a_first_account_makes_the_database_and_says_where(tmp_path: Path) -> None:
    database = tmp_path / "data" / "imgproxy.db"

    first = run(tmp_path, "account", "create", "it's me", "--plan", "pro")
    second = run(tmp_path, "account", "create", "shop")

    assert (first.code, first.err) == (0, f"made the database {database}\n")
    assert first.out == (
        'made the account "it\'s me" on the plan "pro"\n'
        "for an API key: imgproxy-py key create --account 'it'\"'\"'s me'\n"
    )
    assert (second.code, second.err) == (0, "")
    assert second.out.startswith('made the account "shop" on the plan "free"\n')


@pytest.mark.parametrize(
    "command",
    [
        ("account", "list"),
        ("account", "disable", "shop"),
        ("key", "list", "--account", "shop"),
    ],
)
def test_where_there_is_no_database_none_is_made(cwd: Path, command: tuple[str, ...]) -> None:
    ended = asked(*command)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        f"there is no database at {cwd}/data/imgproxy.db; is IMGPROXY_PY_DATA_DIR that of the "
        "server? A first account makes one: imgproxy-py account create\n"
    )
    assert list(cwd.iterdir()) == []


def test_an_account_without_a_name_gets_one_that_can_be_read(cwd: Path) -> None:
    made = told("account", "create")

    assert list(made) == ["id", "username", "plan", "is_disabled", "created_at"]
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d\d", made["username"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["created_at"])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (("create", "shop"), 'there is already an account named "shop"'),
        (("create", "api"), '"api" is reserved and cannot be a username'),
        (
            ("create", "a/b"),
            'a username has no "/", ":", "?", "#", "\\" or invisible characters',
        ),
        (
            ("create", "other", "--plan", "gold"),
            'there is no plan "gold"; there are free, starter, pro, business, scale, unlimited',
        ),
        (
            ("set-plan", "shop", "gold"),
            'there is no plan "gold"; there are free, starter, pro, business, scale, unlimited',
        ),
        (("set-plan", "nobody", "pro"), 'there is no account named "nobody"'),
        (("disable", "nobody"), 'there is no account named "nobody"'),
        (("enable", "nobody"), 'there is no account named "nobody"'),
    ],
)
def test_what_cannot_be_done_is_one_line_and_code_1(
    cwd: Path, command: tuple[str, ...], message: str
) -> None:
    asked("account", "create", "shop")

    ended = asked("account", *command)

    assert (ended.code, ended.out, ended.err) == (1, "", f"{message}\n")


@pytest.mark.parametrize("command", [("foo",), ("set-plan", "shop"), ("list", "--what")])
def test_a_wrong_command_line_is_code_2(cwd: Path, command: tuple[str, ...]) -> None:
    ended = asked("account", *command)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Usage: ")


def test_a_file_that_is_no_database_is_said_so_without_a_traceback(cwd: Path) -> None:
    (cwd / "data").mkdir()
    (cwd / "data" / "imgproxy.db").write_bytes(b"no database" * 100)

    ended = asked("account", "list")

    assert ended.code == 1
    assert re.fullmatch(r"the database cannot be opened: .*file is not a database\n", ended.err), (
        ended.err
    )


def test_plan_and_state_are_changed_and_listed(cwd: Path) -> None:
    asked("account", "create", "shop")
    asked("key", "create", "--account", "shop")

    assert asked("account", "set-plan", "shop", "pro").out == (
        'the account "shop" is on the plan "pro" now\n'
    )
    assert asked("account", "disable", "shop").out == 'the account "shop" is disabled now\n'
    (listed,) = told("account", "list")
    assert {name: listed[name] for name in listed if name not in ("id", "created_at")} == {
        "username": "shop",
        "plan": "pro",
        "is_disabled": True,
        "active_keys": 1,
        "max_keys": 10,
        "images_this_month": 0,
        "max_images_per_month": 50_000,
    }
    enabled = told("account", "enable", "shop")
    assert (enabled["is_disabled"], enabled["plan"]) == (False, "pro")


def test_the_list_shows_what_is_left_of_every_plan(cwd: Path) -> None:
    asked("account", "create", "[bold]shop", "--plan", "starter")
    asked("account", "create", "me", "--plan", "unlimited")

    lines = [re.split(r" {2,}", line.strip()) for line in asked("account", "list").out.splitlines()]

    assert lines[0] == ["username", "plan", "state", "keys", "images this month", "created (UTC)"]
    assert [line[:5] for line in lines[1:]] == [
        ["[bold]shop", "starter", "enabled", "0 of 3", "0 of 5,000"],
        ["me", "unlimited", "enabled", "0", "0"],
    ]


async def spend(cwd: Path, images: int) -> None:
    """What a server beside the command line counts."""
    database = Database(f"sqlite:///{cwd}/data/imgproxy.db")
    account = await AccountRepository(database).find("shop")
    assert account is not None
    meter = Meter(database, plans=PLANS)
    for _ in range(images):
        async with meter.image_charge(account) as charge:
            charge.spend()
    await meter.close()
    await database.dispose()


def test_the_list_counts_the_images_of_this_month(cwd: Path) -> None:
    asked("account", "create", "shop")
    asyncio.run(spend(cwd, 3))

    (listed,) = told("account", "list")

    assert (listed["images_this_month"], listed["max_images_per_month"]) == (3, 100)


def test_a_plan_that_has_gone_from_the_file_is_marked(
    cwd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cwd / "plans.toml").write_text(
        "[gold]\nkeys = 7\nrequests_per_minute = 70\nimages_per_month = 700\n"
    )
    monkeypatch.setenv("IMGPROXY_PY_PLANS_FILE", "plans.toml")
    asked("account", "create", "shop", "--plan", "gold")
    assert "0 of 700" in asked("account", "list").out
    monkeypatch.setenv("IMGPROXY_PY_PLANS_FILE", "")

    assert "gold (no longer a plan here)" in asked("account", "list").out
    refused = asked("key", "create", "--account", "shop")
    assert refused.code == 1
    assert refused.err == (
        'this server no longer has the plan "gold" of this account; whoever runs it has to give '
        "the account another one\n"
    )

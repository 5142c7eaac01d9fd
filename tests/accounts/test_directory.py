"""The directory: answers are remembered for a few seconds, within bounds."""

import asyncio
from datetime import UTC, datetime

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.directory import AccountDirectory
from imgproxy_py.accounts.errors import AccountDisabled, AccountError, UnknownAccount


class Accounts:
    """A table that counts how often it is asked, with a clock beside it."""

    def __init__(self) -> None:
        self.rows: dict[str, Account] = {}
        self.asked = 0
        self.now = 0.0

    def add(self, username: str, *, is_disabled: bool = False) -> None:
        self.rows[username] = Account(
            id=username,
            username=username,
            plan="free",
            is_disabled=is_disabled,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
        )

    async def look_up(self, username: str) -> Account | None:
        self.asked += 1
        await asyncio.sleep(0)
        return self.rows.get(username)

    def directory(self, *, max_entries: int = 100) -> AccountDirectory:
        return AccountDirectory(
            self.look_up,
            known_seconds=5,
            unknown_seconds=2,
            max_entries=max_entries,
            clock=lambda: self.now,
        )


async def test_an_account_is_asked_for_once_in_five_seconds() -> None:
    accounts = Accounts()
    accounts.add("someone")
    directory = accounts.directory()

    for moment in (0, 1, 4.9):
        accounts.now = moment
        assert (await directory.find("someone")).username == "someone"
    assert accounts.asked == 1

    accounts.now = 5
    await directory.find("someone")
    assert accounts.asked == 2


async def test_an_unknown_username_is_remembered_for_two_seconds() -> None:
    accounts = Accounts()
    directory = accounts.directory()
    for _ in range(3):
        with pytest.raises(UnknownAccount, match='there is no account named "late"'):
            await directory.find("late")
    assert accounts.asked == 1

    accounts.add("late")
    accounts.now = 2

    assert (await directory.find("late")).username == "late"


async def test_a_disabled_account_is_refused_with_its_own_reason() -> None:
    accounts = Accounts()
    accounts.add("someone", is_disabled=True)

    with pytest.raises(AccountDisabled, match='the account "someone" is disabled'):
        await accounts.directory().find("someone")


@pytest.mark.parametrize("error", [UnknownAccount, AccountDisabled])
def test_access_errors_carry_the_code_that_clients_look_for(error: type[AccountError]) -> None:
    assert error.code == "IM2ACCOUNT"
    assert error.is_access_error


async def test_a_flood_of_made_up_usernames_pushes_out_no_real_one() -> None:
    accounts = Accounts()
    accounts.add("someone")
    directory = accounts.directory(max_entries=10)
    await directory.find("someone")

    for number in range(50):
        with pytest.raises(UnknownAccount):
            await directory.find(f"made-up-{number}")
    asked = accounts.asked

    await directory.find("someone")
    assert accounts.asked == asked


async def test_requests_that_come_together_ask_once() -> None:
    accounts = Accounts()
    accounts.add("someone")
    directory = accounts.directory()

    found = await asyncio.gather(*(directory.find("someone") for _ in range(50)))

    assert len(found) == 50
    assert accounts.asked == 1


async def test_a_requester_that_goes_away_takes_no_answer_with_it() -> None:
    accounts = Accounts()
    accounts.add("someone")
    directory = accounts.directory()
    first = asyncio.create_task(directory.find("someone"))
    second = asyncio.create_task(directory.find("someone"))
    await asyncio.sleep(0)

    first.cancel()

    assert (await second).username == "someone"


async def test_a_failing_database_is_asked_again_next_time() -> None:
    accounts = Accounts()
    accounts.add("someone")
    is_broken = True

    async def look_up(username: str) -> Account | None:
        if is_broken:
            raise ConnectionError("the database is away")
        return await accounts.look_up(username)

    directory = AccountDirectory(look_up)
    with pytest.raises(ConnectionError):
        await directory.find("someone")
    is_broken = False

    assert (await directory.find("someone")).username == "someone"


async def test_a_forgotten_username_is_asked_for_anew() -> None:
    accounts = Accounts()
    accounts.add("someone")
    directory = accounts.directory()
    await directory.find("someone")
    accounts.add("someone", is_disabled=True)

    directory.forget("someone")

    with pytest.raises(AccountDisabled):
        await directory.find("someone")

"""Accounts and keys in a real SQLite file."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from imgproxy_py.accounts.api_key import secret_hash
from imgproxy_py.accounts.errors import (
    KeyLimitReached,
    KeyUnknown,
    PlanUnknown,
    UnknownAccount,
    UsernameInvalid,
    UsernameTaken,
)
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database


async def test_an_account_is_found_under_its_exact_username(repository: AccountRepository) -> None:
    made = await repository.create("Zoë 1!", plan="pro")

    assert await repository.find("Zoë 1!") == made
    assert await repository.find("zoë 1!") is None
    assert made.plan == "pro"
    assert not made.is_disabled


async def test_the_time_of_creation_is_kept_with_its_zone(database: Database) -> None:
    moment = datetime(2026, 5, 4, 3, 2, 1, 654321, tzinfo=UTC)
    repository = AccountRepository(database, now=lambda: moment)

    await repository.create("someone", plan="free")

    found = await repository.find("someone")
    assert found is not None
    assert found.created_at == moment


async def test_a_username_is_given_once(repository: AccountRepository) -> None:
    await repository.create("someone", plan="free")

    with pytest.raises(UsernameTaken, match='there is already an account named "someone"'):
        await repository.create("someone", plan="pro")

    assert [account.plan for account in await repository.list_accounts()] == ["free"]


@pytest.mark.parametrize(
    "username", ["", "a/b", "a:b", "api", "results", "..", "a\nb", " a", "x" * 101, "a\u202eb"]
)
async def test_a_text_that_cannot_stand_in_a_url_is_no_username(
    repository: AccountRepository, username: str
) -> None:
    with pytest.raises(UsernameInvalid):
        await repository.create(username, plan="free")


async def test_a_plan_must_be_one_of_the_table(repository: AccountRepository) -> None:
    with pytest.raises(PlanUnknown) as caught:
        await repository.create("someone", plan="gold")

    assert str(caught.value) == (
        'there is no plan "gold"; there are free, starter, pro, business, scale, unlimited, tested'
    )


async def test_plan_and_state_can_be_changed(repository: AccountRepository) -> None:
    await repository.create("someone", plan="free")

    assert (await repository.set_plan("someone", "pro")).plan == "pro"
    assert (await repository.set_disabled("someone", True)).is_disabled
    found = await repository.find("someone")
    assert found is not None
    assert (found.plan, found.is_disabled) == ("pro", True)
    with pytest.raises(UnknownAccount, match='there is no account named "nobody"'):
        await repository.set_plan("nobody", "pro")


async def test_a_key_leads_to_its_account_until_it_is_revoked(
    repository: AccountRepository,
) -> None:
    account = await repository.create("someone", plan="pro")
    issued = await repository.issue_key(account, name="shop")

    assert await repository.find_by_hash(secret_hash(issued.plaintext)) == (account, issued.key)
    assert await repository.find_by_hash(secret_hash(issued.plaintext + "x")) is None
    await repository.revoke_key(account, issued.key.id)
    assert await repository.find_by_hash(secret_hash(issued.plaintext)) is None
    assert [key.is_active for key in await repository.list_keys(account)] == [False]


async def test_the_plaintext_of_a_key_is_nowhere_but_in_the_answer(
    repository: AccountRepository, tmp_path: Path
) -> None:
    account = await repository.create("someone", plan="pro")

    issued = await repository.issue_key(account, name="shop")

    assert re.fullmatch(r"opt_[A-Za-z0-9_-]{43}", issued.plaintext)
    assert issued.key.last_four == issued.plaintext[-4:]
    assert issued.plaintext not in repr(issued)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert issued.plaintext.encode() not in written
    assert issued.plaintext.removeprefix("opt_").encode() not in written


async def test_a_plan_limits_its_active_keys(repository: AccountRepository) -> None:
    account = await repository.create("someone", plan="free")
    first = await repository.issue_key(account, name="first")

    with pytest.raises(KeyLimitReached, match="the plan allows one key at a time; revoke one"):
        await repository.issue_key(account, name="second")

    await repository.revoke_key(account, first.key.id)
    await repository.issue_key(account, name="second")
    assert [key.name for key in await repository.list_keys(account)] == ["first", "second"]


async def test_keys_asked_for_at_once_do_not_slip_past_the_limit(
    repository: AccountRepository,
) -> None:
    account = await repository.create("someone", plan="starter")

    outcomes = await asyncio.gather(
        *(repository.issue_key(account, name=str(number)) for number in range(8)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, KeyLimitReached) for outcome in outcomes) == 5
    assert len(await repository.list_keys(account)) == 3


async def test_nobody_revokes_the_key_of_another(repository: AccountRepository) -> None:
    owner = await repository.create("owner", plan="pro")
    other = await repository.create("other", plan="pro")
    issued = await repository.issue_key(owner, name="shop")

    with pytest.raises(KeyUnknown):
        await repository.revoke_key(other, issued.key.id)

    assert await repository.find_by_hash(secret_hash(issued.plaintext)) is not None

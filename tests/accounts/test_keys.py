"""API keys of a plan: as many as it allows, renamed never, rotated even when it is full."""

import asyncio
from pathlib import Path

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.api_key import IssuedKey, chosen_key, secret_hash
from imgproxy_py.accounts.errors import (
    KeyAmbiguous,
    KeyLimitReached,
    KeyNameInvalid,
    KeyUnknown,
    PlanMissing,
)
from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import load_plans
from imgproxy_py.accounts.rate_limit import RateLimiter
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.accounts.metering import ids


@pytest.mark.parametrize(
    ("plan", "keys"),
    [("free", 1), ("starter", 3), ("pro", 10), ("business", 25), ("unlimited", 32)],
)
async def test_thirty_two_that_ask_at_once_get_as_many_keys_as_the_plan_has(
    repository: AccountRepository, plan: str, keys: int
) -> None:
    account = await repository.create("someone", plan=plan)

    outcomes = await asyncio.gather(
        *(repository.issue_key(account, name=str(number)) for number in range(32)),
        return_exceptions=True,
    )

    refused = [each for each in outcomes if isinstance(each, KeyLimitReached)]
    assert len(await repository.list_keys(account)) == keys
    assert len(refused) == 32 - keys
    if refused:
        allowed = "one key" if keys == 1 else f"{keys} keys"
        assert str(refused[0]) == f"the plan allows {allowed} at a time; revoke one first"


@pytest.fixture
async def account(repository: AccountRepository) -> Account:
    return await repository.create("someone", plan="free")


@pytest.fixture
async def issued(repository: AccountRepository, account: Account) -> IssuedKey:
    return await repository.issue_key(account, name="shop")


async def test_a_key_is_rotated_though_its_plan_is_full(
    repository: AccountRepository, account: Account, issued: IssuedKey
) -> None:
    rotated = await repository.rotate_key(account, issued.key.id)

    assert await repository.find_by_hash(secret_hash(issued.plaintext)) is None
    assert await repository.find_by_hash(secret_hash(rotated.plaintext)) == (account, rotated.key)
    assert (rotated.key.name, rotated.key.is_active) == ("shop", True)
    old, new = await repository.list_keys(account)
    assert (old.id, old.last_four, old.is_active) == (issued.key.id, issued.plaintext[-4:], False)
    assert old.revoked_at == new.created_at
    assert new.id != old.id


async def test_of_many_that_rotate_one_key_at_once_one_does(
    repository: AccountRepository, account: Account, issued: IssuedKey
) -> None:
    outcomes = await asyncio.gather(
        *(repository.rotate_key(account, issued.key.id) for _ in range(8)), return_exceptions=True
    )

    assert sum(isinstance(each, KeyUnknown) for each in outcomes) == 7
    assert sum(each.is_active for each in await repository.list_keys(account)) == 1


async def test_what_is_revoked_or_somebody_elses_is_not_rotated(
    repository: AccountRepository, account: Account, issued: IssuedKey
) -> None:
    other = await repository.create("other", plan="free")
    with pytest.raises(KeyUnknown):
        await repository.rotate_key(other, issued.key.id)
    await repository.revoke_key(account, issued.key.id)

    with pytest.raises(KeyUnknown) as caught:
        await repository.rotate_key(account, issued.key.id)

    assert str(caught.value) == f'the account has no active key "{issued.key.id}"'
    assert len(await repository.list_keys(account)) == 1


@pytest.mark.parametrize("name", ["", " shop", "a\nb", "x" * 101])
async def test_a_name_that_cannot_be_read_is_refused(
    repository: AccountRepository, account: Account, name: str
) -> None:
    with pytest.raises(KeyNameInvalid) as caught:
        await repository.issue_key(account, name=name)

    assert str(caught.value) == (
        "a key's name has 1 to 100 visible characters, with no space at either end"
    )


async def test_a_key_is_chosen_by_its_id_the_beginning_of_it_its_name_or_its_end(
    repository: AccountRepository,
) -> None:
    account = await repository.create("many", plan="pro")
    shop = (await repository.issue_key(account, name="shop")).key
    for _ in range(2):
        await repository.issue_key(account, name="twin")
    keys = await repository.list_keys(account)

    for text in (shop.id, shop.id[:12], shop.last_four, "shop"):
        assert chosen_key(keys, text) == shop
    with pytest.raises(KeyUnknown):
        chosen_key(keys, "nothing")
    with pytest.raises(KeyUnknown):
        chosen_key(keys, "")
    with pytest.raises(KeyAmbiguous) as caught:
        chosen_key(keys, "twin")
    assert str(caught.value) == '2 active keys are called "twin"; name one by its id'


async def test_a_name_that_is_used_again_means_the_active_key(
    repository: AccountRepository, account: Account, issued: IssuedKey
) -> None:
    rotated = await repository.rotate_key(account, issued.key.id)

    assert chosen_key(await repository.list_keys(account), "shop") == rotated.key
    with pytest.raises(KeyUnknown):
        chosen_key(await repository.list_keys(account), issued.key.id)


async def test_an_operators_plans_hold_for_keys_requests_and_images(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "plans.toml"
    file.write_text("[free]\nkeys = 2\nrequests_per_minute = 10\nimages_per_month = 7\n")
    plans = load_plans(file)
    repository = AccountRepository(database, plans=plans)
    account = await repository.create("someone", plan="free")

    for name in ("first", "second"):
        await repository.issue_key(account, name=name)
    with pytest.raises(KeyLimitReached):
        await repository.issue_key(account, name="third")
    assert await Meter(database, plans=plans).reserve(account, ids(9)) == 7
    limiter, who = RateLimiter(clock=lambda: 0.0), Identity(account=account, plan=plans["free"])
    assert sum(limiter.take(who).is_allowed for _ in range(12)) == 10


async def test_no_key_is_issued_on_a_plan_that_has_gone(
    database: Database, account: Account
) -> None:
    with pytest.raises(PlanMissing):
        await AccountRepository(database, plans={}).issue_key(account, name="shop")

"""Rules and signing keys in a real database."""

from dataclasses import replace

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import ReferrerInvalid, SigningKeyUnknown
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.url_access import UrlAccess
from imgproxy_py.accounts.url_rules import UrlRules
from imgproxy_py.database.database import Database


@pytest.fixture
def access(database: Database) -> UrlAccess:
    return UrlAccess(database)


@pytest.fixture
async def account(repository: AccountRepository) -> Account:
    return await repository.create("shop", plan="free")


async def test_an_account_begins_without_rules(access: UrlAccess, account: Account) -> None:
    assert await access.rules(account.id) == UrlRules()


async def test_rules_are_kept_as_they_were_given(access: UrlAccess, account: Account) -> None:
    rules = UrlRules(
        requires_signature=True,
        allowed_sources=("*.example.com", "https://cdn.example.org/a/"),
        allowed_referrers=("shop.com", "none"),
    )

    await access.change(account, rules)

    assert await access.load(account.id) == rules
    await access.change(account, replace(rules, requires_signature=False))
    assert not (await access.load(account.id)).requires_signature


async def test_what_is_no_page_is_refused_and_nothing_is_changed(
    access: UrlAccess, account: Account
) -> None:
    with pytest.raises(ReferrerInvalid) as refused:
        await access.change(account, UrlRules(allowed_referrers=("https://shop.com",)))

    assert str(refused.value) == (
        '"https://shop.com" is no host of referring pages; write www.example.com, *.example.com '
        "or none"
    )
    assert await access.load(account.id) == UrlRules()


async def test_changes_count_at_once_in_the_process_that_made_them(
    access: UrlAccess, account: Account
) -> None:
    await access.rules(account.id)

    key = await access.issue(account)

    assert (await access.rules(account.id)).signing_keys == {key.id: key.secret}
    await access.revoke(account, key.id)
    assert (await access.rules(account.id)).signing_keys == {}


async def test_another_process_notices_within_five_seconds(
    database: Database, account: Account
) -> None:
    clock = [0.0]
    here, elsewhere = UrlAccess(database), UrlAccess(database, clock=lambda: clock[0])
    await elsewhere.rules(account.id)

    await here.change(account, UrlRules(requires_signature=True))

    clock[0] = 4.9
    assert not (await elsewhere.rules(account.id)).requires_signature
    clock[0] = 5.1
    assert (await elsewhere.rules(account.id)).requires_signature


async def test_several_keys_are_good_at_a_time_and_one_account_has_no_other_ones(
    access: UrlAccess, account: Account, repository: AccountRepository
) -> None:
    other = await repository.create("other", plan="free")
    old, new = await access.issue(account), await access.issue(account)

    assert (await access.load(account.id)).signing_keys == {
        old.id: old.secret,
        new.id: new.secret,
    }
    assert (await access.load(other.id)).signing_keys == {}
    with pytest.raises(SigningKeyUnknown):
        await access.revoke(other, old.id)
    await access.revoke(account, old.id)
    assert list((await access.load(account.id)).signing_keys) == [new.id]
    assert [key.is_active for key in await access.keys(account)] == [False, True]


async def test_a_key_is_revoked_once(access: UrlAccess, account: Account) -> None:
    key = await access.issue(account)
    await access.revoke(account, key.id)

    with pytest.raises(SigningKeyUnknown, match=f'has no active signing key "{key.id}"'):
        await access.revoke(account, key.id)

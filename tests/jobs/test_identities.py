"""Who a job works for, as it stands when the job runs."""

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import AccountDisabled, PlanMissing
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.jobs.identities import KNOWN_SECONDS, Identities


async def test_a_job_works_for_its_account_and_key_even_when_the_key_was_revoked(
    database: Database, account: Account
) -> None:
    accounts = AccountRepository(database)
    issued = await accounts.issue_key(account, name="ci")
    await accounts.revoke_key(account, issued.key.id)

    identity = await Identities(database, plans=PLANS).find(account.id, issued.key.id)

    assert (identity.account, identity.plan) == (account, PLANS["free"])
    assert identity.key_id == issued.key.id


async def test_a_job_by_username_has_no_key(database: Database, account: Account) -> None:
    identity = await Identities(database, plans=PLANS).find(account.id, "")

    assert (identity.key, identity.key_id) == (None, "")


async def test_an_account_that_is_disabled_meanwhile_is_noticed_within_seconds(
    database: Database, account: Account
) -> None:
    now = [100.0]
    identities = Identities(database, plans=PLANS, clock=lambda: now[0])
    await identities.find(account.id, "")
    await AccountRepository(database).set_disabled(account.username, is_disabled=True)

    assert (await identities.find(account.id, "")).account == account
    now[0] += KNOWN_SECONDS
    with pytest.raises(AccountDisabled):
        await identities.find(account.id, "")


async def test_a_plan_that_the_operator_took_away_is_named(
    database: Database, account: Account
) -> None:
    others = {name: plan for name, plan in PLANS.items() if name != "free"}

    with pytest.raises(PlanMissing):
        await Identities(database, plans=others).find(account.id, "")

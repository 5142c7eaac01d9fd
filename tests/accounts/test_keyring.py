"""The key ring: who a key belongs to, remembered for seconds, with its last use."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.api_key import ApiKey, IssuedKey, new_plaintext
from imgproxy_py.accounts.errors import AccountDisabled, ApiKeyInvalid, PlanMissing
from imgproxy_py.accounts.keyring import KeyRing
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from tests.accounts.metering import NOON, Calendar
from tests.waiting import until_told

INVALID = "this API key is unknown or has been revoked; imgproxy-py key create makes a new one"


class Counting(AccountRepository):
    """A repository that counts how often it is asked for a key."""

    asked = 0

    async def find_by_hash(self, hashed: str) -> tuple[Account, ApiKey] | None:
        self.asked += 1
        return await super().find_by_hash(hashed)


@dataclass(kw_only=True)
class Scene:
    """An account with a key, and a ring whose clock a test moves."""

    repository: Counting
    account: Account
    issued: IssuedKey
    ring: KeyRing
    calendar: Calendar
    seconds: float = 0.0


@pytest.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    repository = Counting(database)
    account = await repository.create("someone", plan="starter")
    issued = await repository.issue_key(account, name="shop")
    calendar = Calendar()
    ring = KeyRing(
        repository,
        plans=PLANS,
        known_seconds=5,
        unknown_seconds=2,
        flush_seconds=60,
        clock=lambda: made.seconds,
        now=calendar,
    )
    made = Scene(
        repository=repository, account=account, issued=issued, ring=ring, calendar=calendar
    )
    yield made
    await ring.close()


async def test_a_key_leads_to_its_account_and_plan(scene: Scene) -> None:
    identity = await scene.ring.identify(scene.issued.plaintext)

    assert identity.account == scene.account
    assert identity.plan is PLANS["starter"]
    assert identity.key == scene.issued.key
    assert identity.key_id == scene.issued.key.id


async def test_the_database_is_asked_once_in_five_seconds(scene: Scene) -> None:
    await asyncio.gather(*(scene.ring.identify(scene.issued.plaintext) for _ in range(20)))
    scene.seconds = 4.9
    await scene.ring.identify(scene.issued.plaintext)
    assert scene.repository.asked == 1

    scene.seconds = 5
    await scene.ring.identify(scene.issued.plaintext)
    assert scene.repository.asked == 2


@pytest.mark.parametrize(
    "text", ["", "opt_", "opt_short", "Opt_" + "x" * 43, "opt_ä" + "x" * 40, "opt_" + "x" * 201]
)
async def test_a_text_that_can_be_no_key_is_refused_without_asking(scene: Scene, text: str) -> None:
    with pytest.raises(ApiKeyInvalid) as caught:
        await scene.ring.identify(text)

    assert (str(caught.value), scene.repository.asked) == (INVALID, 0)


async def test_no_error_and_no_repr_echoes_a_key(scene: Scene) -> None:
    wrong = new_plaintext()

    with pytest.raises(ApiKeyInvalid) as caught:
        await scene.ring.identify(wrong)

    assert str(caught.value) == INVALID
    assert caught.value.__cause__ is None
    seen = repr(caught.value) + repr(vars(scene.ring)) + repr(await scene.ring.identify(key(scene)))
    assert re.findall(r"opt_[\w-]+", seen) == []


def key(scene: Scene) -> str:
    return scene.issued.plaintext


async def test_an_unknown_key_is_remembered_for_two_seconds(scene: Scene) -> None:
    late = new_plaintext()
    for _ in range(3):
        with pytest.raises(ApiKeyInvalid):
            await scene.ring.identify(late)
    assert scene.repository.asked == 1

    await scene.repository.issue_key(scene.account, name="late", plaintext=late)
    scene.seconds = 2
    assert (await scene.ring.identify(late)).account == scene.account


async def test_a_revoked_key_is_noticed_within_seconds_and_at_once_when_told(scene: Scene) -> None:
    await scene.ring.identify(key(scene))
    await scene.repository.revoke_key(scene.account, scene.issued.key.id)
    await scene.ring.identify(key(scene))

    scene.ring.forget()
    with pytest.raises(ApiKeyInvalid):
        await scene.ring.identify(key(scene))


async def test_an_answer_that_was_on_its_way_when_told_is_not_remembered(scene: Scene) -> None:
    asking = asyncio.create_task(scene.ring.identify(key(scene)))
    await asyncio.sleep(0)
    await scene.repository.revoke_key(scene.account, scene.issued.key.id)
    scene.ring.forget()
    await asyncio.gather(asking, return_exceptions=True)

    with pytest.raises(ApiKeyInvalid):
        await scene.ring.identify(key(scene))


async def test_a_disabled_account_does_not_come_in(scene: Scene) -> None:
    await scene.repository.set_disabled("someone", True)

    with pytest.raises(AccountDisabled) as caught:
        await scene.ring.identify(key(scene))

    assert str(caught.value) == 'the account "someone" is disabled'


async def test_another_plan_counts_within_seconds(scene: Scene) -> None:
    await scene.ring.identify(key(scene))
    await scene.repository.set_plan("someone", "pro")

    scene.seconds = 5
    assert (await scene.ring.identify(key(scene))).plan is PLANS["pro"]


async def test_an_account_whose_plan_has_gone_is_told_so(scene: Scene) -> None:
    ring = KeyRing(scene.repository, plans={})

    with pytest.raises(PlanMissing, match=r'^this server no longer has the plan "starter"'):
        await ring.identify(key(scene))


async def last_use(scene: Scene) -> datetime | None:
    (found,) = await scene.repository.list_keys(scene.account)
    return found.last_used_at


async def test_the_last_use_of_a_key_is_written_at_the_end(scene: Scene) -> None:
    await scene.ring.identify(key(scene))
    scene.calendar.move(seconds=3)
    await scene.ring.identify(key(scene))
    assert await last_use(scene) is None

    await scene.ring.close()
    assert await last_use(scene) == datetime(2026, 11, 21, 12, 0, 3, tzinfo=UTC)


async def test_the_last_use_is_written_in_between_too(scene: Scene) -> None:
    ring = KeyRing(scene.repository, plans=PLANS, flush_seconds=0.02, now=scene.calendar)

    await ring.identify(key(scene))

    await until_told(lambda: last_use(scene), NOON)
    await ring.close()


async def test_a_slower_process_does_not_set_the_last_use_back(scene: Scene) -> None:
    for minute in (5, 3):
        at = NOON.replace(minute=minute)
        await scene.repository.note_used({scene.issued.key.id: at})

    assert await last_use(scene) == NOON.replace(minute=5)

"""Requests for the same result at the same time: what each of them gets of what one has made."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.service.cache_use import MISS, CacheUse, Forward
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, SourceAnswer
from imgproxy_py.service.together import Together
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.leases import FileLeases
from imgproxy_py.store.records import ResultRecord
from options_grammar import parse
from tests.waiting import until

URL = "https://a.example/photo.jpg"
USED_UP = QuotaExceeded(max_images=1, resets_on="2026-12-01")
COLLAPSED = CacheUse(forward=Forward.MISS, is_collapsed=True)
MADE = ImageAnswer(
    record=ResultRecord(
        result_id="id",
        sha256="0" * 64,
        bytes=1,
        media_type="image/jpeg",
        extension="jpg",
        width=1,
        height=1,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        source_sha256="1" * 64,
        warnings=("of the picture",),
    ),
    data=memoryview(b"x"),
    freshness=Freshness(born_at=0.0, lifetime_seconds=60),
    is_stored=True,
)


def account(name: str) -> Account:
    return Account(id=name, username=name, plan="unlimited", created_at=datetime.now(UTC))


def request(*, timeout: float = 20, warnings: tuple[str, ...] = ()) -> Request:
    return Request(
        username="ada",
        options=parse(f"10,timeout={timeout}").options,
        deadline=time.monotonic() + timeout,
        source_url=URL,
        warnings=warnings,
    )


class Kitchen:
    """Stories that wait for `gate`, and give `serves` in turn, the last one for ever."""

    def __init__(self, *serves: Answer | Exception) -> None:
        self.together = Together()
        self.gate = asyncio.Event()
        self.told = 0
        self._serves = list(serves)

    async def _tell(self) -> Answer:
        self.told += 1
        serves = self._serves.pop(0) if len(self._serves) > 1 else self._serves[0]
        await self.gate.wait()
        if isinstance(serves, Exception):
            raise serves
        return serves

    def ask(self, request: Request, name: str = "ada") -> "asyncio.Task[Answer]":
        return asyncio.create_task(
            self.together.of_url(request, account(name), Keys.of(request), self._tell, _nothing)
        )

    async def first(self, request: Request, name: str = "ada") -> "asyncio.Task[Answer]":
        asked = self.ask(request, name)
        await until(lambda: self.told == 1)
        return asked


async def _nothing() -> Answer | None:
    return None


async def test_who_waits_gets_the_same_with_warnings_of_its_own_and_nothing_was_made_for_it() -> (
    None
):
    kitchen = Kitchen(replace(MADE, warnings=("of the first", "of the picture")))
    first = await kitchen.first(request(warnings=("of the first",)))
    second = kitchen.ask(request(warnings=("of the second",)), "bob")
    kitchen.gate.set()

    made, waited = await first, await second

    assert isinstance(made, ImageAnswer)
    assert isinstance(waited, ImageAnswer)
    assert (made.cache, made.is_made) == (MISS, True)
    assert (waited.cache, waited.is_made) == (COLLAPSED, False)
    assert waited.warnings == ("of the second", "of the picture")
    assert kitchen.told == 1


async def test_a_used_up_quota_is_the_first_one_s_alone() -> None:
    kitchen = Kitchen(USED_UP, MADE)
    first = await kitchen.first(request())
    second = kitchen.ask(request(), "bob")
    kitchen.gate.set()

    told = await asyncio.gather(first, second, return_exceptions=True)

    assert isinstance(told[0], QuotaExceeded)
    assert isinstance(told[1], ImageAnswer)
    assert kitchen.told == 2


async def test_of_one_account_whose_quota_is_used_up_everybody_hears_it() -> None:
    kitchen = Kitchen(USED_UP)
    asked = [await kitchen.first(request()), *(kitchen.ask(request()) for _ in range(9))]
    kitchen.gate.set()

    told = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(each) for each in told] == [QuotaExceeded] * 10
    assert kitchen.told <= 2


async def test_an_unfinished_result_does_for_who_has_no_more_time_and_for_nobody_else() -> None:
    record = replace(MADE.record, is_provisional=True, timeout_seconds=5.0)
    kitchen = Kitchen(replace(MADE, record=record), MADE)
    first = await kitchen.first(request(timeout=5))
    hasty, patient = kitchen.ask(request(timeout=4)), kitchen.ask(request(timeout=20))
    kitchen.gate.set()

    told = [await first, await hasty, await patient]

    assert [isinstance(each, ImageAnswer) and each.record.is_provisional for each in told] == [
        True,
        True,
        False,
    ]
    assert kitchen.told == 2


async def test_with_no_time_left_of_its_own_the_source_itself_is_the_answer() -> None:
    kitchen = Kitchen(MADE)
    first = await kitchen.first(request())

    hasty = await kitchen.ask(request(timeout=0.05, warnings=("mine",)))

    assert isinstance(hasty, SourceAnswer)
    assert (hasty.source_url, hasty.warnings[0]) == (URL, "mine")
    kitchen.gate.set()
    assert isinstance(await first, ImageAnswer)


async def test_when_the_first_one_s_time_ran_out_one_with_more_tries_again() -> None:
    kitchen = Kitchen(SourceAnswer(source_url=URL), MADE)
    first = await kitchen.first(request(timeout=5))
    second = kitchen.ask(request())
    kitchen.gate.set()

    assert isinstance(await first, SourceAnswer)
    assert isinstance(await second, ImageAnswer)


async def test_whose_time_runs_out_takes_nobody_else_s() -> None:
    kitchen = Kitchen(MADE)
    first = await kitchen.first(request())
    hasty = kitchen.ask(request(timeout=0.1), "bob")  # leads once the first one has left
    patient = kitchen.ask(request(), "cyd")
    await asyncio.sleep(0)
    first.cancel()

    assert isinstance(await hasty, SourceAnswer)
    kitchen.gate.set()
    assert isinstance(await patient, ImageAnswer)


async def test_who_waits_no_longer_for_another_process_leaves_the_others_waiting(
    tmp_path: Path,
) -> None:
    elsewhere, here = Kitchen(MADE), Kitchen(MADE)
    elsewhere.together = Together(FileLeases(tmp_path / "leases"))
    here.together = Together(FileLeases(tmp_path / "leases"))
    leader = await elsewhere.first(request())
    hasty = here.ask(request(timeout=0.1), "bob")
    patient = here.ask(request(), "cyd")

    assert isinstance(await hasty, SourceAnswer)
    elsewhere.gate.set()
    here.gate.set()
    assert isinstance(await leader, ImageAnswer)
    assert isinstance(await patient, ImageAnswer)


async def test_what_may_not_be_stored_is_told_to_each_anew() -> None:
    private = replace(MADE, is_stored=False, freshness=Freshness(born_at=0.0, is_private=True))
    kitchen = Kitchen(private)
    asked = [await kitchen.first(request()), *(kitchen.ask(request()) for _ in range(3))]
    kitchen.gate.set()

    told = await asyncio.gather(*asked)

    assert kitchen.told == 4
    assert all(isinstance(each, ImageAnswer) and each.cache == MISS for each in told)


async def test_of_the_same_upload_many_times_the_work_ends_with_the_one_who_does_it() -> None:
    kitchen = Kitchen(MADE)

    def ask() -> "asyncio.Task[Answer]":
        upload = request()
        tell: Callable[[], Coroutine[Any, Any, Answer]] = kitchen._tell
        of_content = kitchen.together.of_content
        return asyncio.create_task(of_content(upload, account("ada"), "key", tell, _nothing))

    asked = [ask() for _ in range(3)]
    await until(lambda: kitchen.told == 1)
    asked[0].cancel()
    await until(lambda: kitchen.told == 2)
    kitchen.gate.set()

    told = [await each for each in asked[1:]]

    assert [isinstance(each, ImageAnswer) and each.is_made for each in told] == [True, False]

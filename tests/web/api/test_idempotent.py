"""`Idempotency-Key` as a header: how it is read, what is said again, and what is not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.plan import PLANS
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.jobs.idempotency import IdempotencyKeys
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.idempotent import Idempotency, idempotency_key_of
from imgproxy_py.web.errors import (
    IdempotencyInProgress,
    IdempotencyKeyInvalid,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
)
from imgproxy_py.web.incoming import Incoming
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import RequestHead
from imgproxy_py.workers.errors import Overloaded

SHA = "0" * 64


async def nothing() -> dict[str, object]:
    raise AssertionError("no body is read here")


class Work:
    """Something to do once: counts how often it was done, and answers or fails as it is told."""

    def __init__(self, outcome: Reply | Exception) -> None:
        self.times = 0
        self._outcome = outcome

    async def __call__(self) -> Reply:
        self.times += 1
        await asyncio.sleep(0)
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


DONE = Reply(status=202, headers=(("Location", "/api/v1/jobs/1"),), body=b'{"id": "1"}')


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path}/test.db"
    await migrate(url)
    database = Database(url)
    yield database
    await database.dispose()


@pytest.fixture
def idempotency(database: Database) -> Idempotency:
    return Idempotency(keys=IdempotencyKeys(database))


@pytest.fixture
async def call(database: Database) -> Callable[..., ApiCall]:
    account = await AccountRepository(database).create("maria", plan="free")

    def made(key: str | None = "key", path: bytes = b"/api/v1/jobs") -> ApiCall:
        headers = {} if key is None else {b"idempotency-key": key}
        return ApiCall(
            head=RequestHead(method="POST", raw_path=path, query=b"", headers=headers),
            incoming=Incoming(nothing),
            identity=Identity(account=account, plan=PLANS["free"]),
        )

    return made


@pytest.mark.parametrize(
    ("header", "key"),
    [
        pytest.param(None, None, id="no header, no key"),
        pytest.param("abc", "abc", id="bare"),
        pytest.param('"abc"', "abc", id="quoted is the same key"),
        pytest.param('"a\\"b\\\\c"', 'a"b\\c', id="escapes of a quoted string"),
        pytest.param(" chunk-1/7,x ", "chunk-1/7,x", id="every visible character"),
        pytest.param("k" * 255, "k" * 255, id="the longest"),
    ],
)
def test_a_key_is_read_bare_and_quoted(header: str | None, key: str | None) -> None:
    headers = {} if header is None else {b"idempotency-key": header}
    head = RequestHead(method="POST", raw_path=b"/", query=b"", headers=headers)

    assert idempotency_key_of(head) == key


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("", id="empty"),
        pytest.param('""', id="quoted and empty"),
        pytest.param("k" * 256, id="too long"),
        pytest.param('"' + "k" * 256 + '"', id="quoted and too long"),
        pytest.param("two words", id="a space"),
        pytest.param("one, two", id="the header twice"),
        pytest.param('"unfinished', id="a quote that does not end"),
        pytest.param("gr\xfc\xdfe", id="not ASCII"),
        pytest.param("a\x00b", id="a control character"),
    ],
)
def test_what_cannot_be_a_key_is_refused(header: str) -> None:
    head = RequestHead(
        method="POST", raw_path=b"/", query=b"", headers={b"idempotency-key": header}
    )

    with pytest.raises(IdempotencyKeyInvalid) as caught:
        idempotency_key_of(head)
    assert str(caught.value) == (
        "an Idempotency-Key is 1 to 255 visible ASCII characters, bare or in double quotes"
    )


async def test_the_same_request_is_done_once_and_answered_twice(
    idempotency: Idempotency, call: Callable[..., ApiCall]
) -> None:
    work = Work(DONE)

    first = await idempotency.once(call(), SHA, work)
    second = await idempotency.once(call('"key"'), SHA, work)

    assert work.times == 1
    assert first == DONE
    assert (second.status, second.body) == (DONE.status, DONE.body)
    assert second.headers == (*DONE.headers, ("Idempotency-Replayed", "true"))


async def test_without_the_header_every_request_is_done(
    idempotency: Idempotency, call: Callable[..., ApiCall]
) -> None:
    work = Work(DONE)

    for _ in range(2):
        await idempotency.once(call(None), SHA, work)

    assert work.times == 2


async def test_where_the_header_is_required_its_absence_is_refused_before_any_work(
    idempotency: Idempotency, call: Callable[..., ApiCall]
) -> None:
    work = Work(DONE)

    with pytest.raises(IdempotencyKeyMissing) as caught:
        await idempotency.once(call(None), SHA, work, is_required=True)

    assert work.times == 0
    assert str(caught.value) == (
        "this address needs the header Idempotency-Key: a text of yours that is new for each "
        "request, and the same when you send a request again"
    )


@pytest.mark.parametrize(("path", "sha"), [(b"/api/v1/jobs", "1" * 64), (b"/api/optimize", SHA)])
async def test_another_payload_or_address_is_refused(
    idempotency: Idempotency, call: Callable[..., ApiCall], path: bytes, sha: str
) -> None:
    work = Work(DONE)
    await idempotency.once(call(), SHA, work)

    with pytest.raises(IdempotencyKeyReused) as caught:
        await idempotency.once(call(path=path), sha, work)

    assert work.times == 1
    assert str(caught.value) == (
        "this Idempotency-Key was used for another request in the last 24 hours; give each "
        "request a key of its own"
    )


async def test_of_32_that_come_together_one_is_done_and_the_others_wait(
    idempotency: Idempotency, call: Callable[..., ApiCall]
) -> None:
    work = Work(DONE)

    async def ask() -> Reply:
        while True:
            try:
                return await idempotency.once(call(), SHA, work)
            except IdempotencyInProgress:
                await asyncio.sleep(0.01)

    replies = await asyncio.gather(*(ask() for _ in range(32)))

    assert work.times == 1
    assert {reply.body for reply in replies} == {DONE.body}
    assert sum(("Idempotency-Replayed", "true") in reply.headers for reply in replies) == 31


async def test_who_asks_while_the_first_is_running_is_told_when_to_ask_again(
    idempotency: Idempotency, call: Callable[..., ApiCall]
) -> None:
    async def slow() -> Reply:
        with pytest.raises(IdempotencyInProgress) as caught:
            await idempotency.once(call(), SHA, Work(DONE))
        assert caught.value.retry_after_seconds == 1
        assert str(caught.value) == (
            "the first request with this Idempotency-Key is still running; ask again in 1 s to "
            "have its answer"
        )
        return DONE

    assert await idempotency.once(call(), SHA, slow) == DONE


async def test_a_refusal_is_told_again_with_the_id_that_it_had(
    idempotency: Idempotency, call: Callable[..., ApiCall]
) -> None:
    work = Work(BrokenImage("the picture is damaged"))

    first = await idempotency.once(call(), SHA, work)
    second = await idempotency.once(call(), SHA, work)

    assert work.times == 1
    assert first.status == second.status == 422
    assert first.body == second.body


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Overloaded(retry_after_seconds=3), id="503 raised"),
        pytest.param(RuntimeError("a bug"), id="500 raised"),
        pytest.param(Reply(status=429), id="429 answered"),
        pytest.param(Reply(status=502), id="502 answered"),
    ],
)
async def test_what_may_go_better_next_time_is_not_kept(
    idempotency: Idempotency, call: Callable[..., ApiCall], outcome: Reply | Exception
) -> None:
    await settled(idempotency.once(call(), SHA, Work(outcome)))
    work = Work(DONE)

    assert await idempotency.once(call(), SHA, work) == DONE
    assert work.times == 1


async def settled(asking: Awaitable[Reply]) -> None:
    await asyncio.gather(asking, return_exceptions=True)


async def test_a_canceled_request_frees_its_key_at_once(
    idempotency: Idempotency, call: Callable[..., ApiCall]
) -> None:
    began = asyncio.Event()

    async def endless() -> Reply:
        began.set()
        await asyncio.sleep(60)
        return DONE

    asking = asyncio.create_task(idempotency.once(call(), SHA, endless))
    await began.wait()
    asking.cancel()
    await asyncio.wait({asking})

    assert await idempotency.once(call(), SHA, Work(DONE)) == DONE

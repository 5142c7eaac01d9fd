"""Answers that are at hand: given without a task, bounded, and never more than the story allows."""

import asyncio

import pytest

from imgproxy_py.web.at_once import MAX_TARGET_BYTES, LatelyAtHand, result_at_once
from imgproxy_py.web.reply import Reply, is_hit, ready_of


async def waiting(log: list[str], future: "asyncio.Future[str]") -> str:
    log.append("begun")
    try:
        return await future
    finally:
        log.append("ended")


async def prompt() -> str:
    return "here"


async def failing() -> str:
    raise LookupError("no such thing")


async def test_what_need_not_wait_is_there_at_once() -> None:
    assert result_at_once(prompt()) == "here"


async def test_what_would_wait_is_broken_off_and_cleans_up() -> None:
    log: list[str] = []
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    assert result_at_once(waiting(log, future)) is None
    assert log == ["begun", "ended"]
    future.set_result("late")
    await asyncio.sleep(0)
    assert log == ["begun", "ended"]


async def test_a_failure_is_left_to_the_common_way() -> None:
    assert result_at_once(failing()) is None


def test_the_least_recently_used_target_is_forgotten_first() -> None:
    lately = LatelyAtHand(max_targets=2)
    lately.add(b"/a")
    lately.add(b"/b")
    assert b"/a" in lately

    lately.add(b"/c")

    assert [target in lately for target in (b"/a", b"/b", b"/c")] == [True, False, True]


def test_a_forgotten_target_takes_the_common_way() -> None:
    lately = LatelyAtHand()
    lately.add(b"/a")
    lately.discard(b"/a")
    lately.discard(b"/never-there")

    assert b"/a" not in lately


def test_long_targets_are_not_remembered() -> None:
    lately = LatelyAtHand()
    lately.add(b"/" * MAX_TARGET_BYTES)
    lately.add(b"/" * (MAX_TARGET_BYTES + 1))

    assert b"/" * MAX_TARGET_BYTES in lately
    assert b"/" * (MAX_TARGET_BYTES + 1) not in lately


@pytest.mark.parametrize(
    ("status", "method", "length", "body"),
    [
        pytest.param(200, "GET", 3, b"abc", id="GET"),
        pytest.param(200, "HEAD", 3, b"", id="HEAD tells the length of what GET would send"),
        pytest.param(304, "GET", None, b"", id="304 has neither"),
    ],
)
def test_a_ready_answer_is_framed_by_its_status_and_method(
    status: int, method: str, length: int | None, body: bytes
) -> None:
    reply = Reply(status=status, headers=(("ETag", '"x"'), ("Vary", "Accept")), body=b"abc")
    ready = ready_of(reply, method)

    assert (ready.length, bytes(ready.body)) == (length, body)
    assert ready.lines == b'etag: "x"\r\nvary: Accept\r\n'


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb"])
def test_no_value_becomes_two_lines(value: str) -> None:
    with pytest.raises(ValueError, match=r"^the value of Location holds a line break$"):
        ready_of(Reply(status=303, headers=(("Location", value),)), "GET")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("imgproxy-py; hit; ttl=5", True),
        ("imgproxy-py; fwd=miss; stored", False),
        ("imgproxy-py; fwd=stale; fwd-status=304; detail=hit", False),
    ],
)
def test_only_a_hit_is_at_hand_next_time(told: str, expected: bool) -> None:
    assert is_hit(Reply(status=200, headers=(("Cache-Status", told),))) is expected

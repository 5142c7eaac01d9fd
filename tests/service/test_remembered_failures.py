"""Negative caching: for how long each kind of failure is believed."""

import pytest

from imgproxy_py.service.remembered_failures import (
    BRIEF_SECONDS,
    MOST_SECONDS,
    RememberedFailures,
    remembered_seconds,
)
from imgproxy_py.sources.errors import (
    OriginFailed,
    OriginTimeout,
    RedirectLoop,
    SourceError,
    SourceForbidden,
    SourceLoop,
    SourceNotAllowed,
    SourceNotFound,
    SourceNotPublic,
    SourceTooLarge,
    SourceTruncated,
    SourceUrlInvalid,
    SpoolFailed,
)
from imgproxy_py.store.index import BoundedMemoryCache

NOW = 1_700_000_000.0
URL = "https://user:secret@a.example/photo.jpg"


def gone(**headers: str) -> SourceNotFound:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SourceNotFound("gone", origin_status=404, headers=named)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (gone(), MOST_SECONDS),
        (SourceNotFound("no such host"), MOST_SECONDS),
        (SourceNotFound("nobody answers", is_passing=True), BRIEF_SECONDS),
        (SourceTooLarge(source_bytes=9, max_source_bytes=8), MOST_SECONDS),
        (SourceForbidden("closed", origin_status=403), BRIEF_SECONDS),
        (OriginTimeout("late"), BRIEF_SECONDS),
        (OriginFailed("failed", origin_status=503), BRIEF_SECONDS),
        (OriginFailed("no answer"), BRIEF_SECONDS),
        (RedirectLoop("circle"), BRIEF_SECONDS),
        (SourceTruncated("short"), 0),
        (SourceNotPublic("inside"), 0),
        (SourceNotAllowed("closed"), 0),
        (SourceUrlInvalid("odd"), 0),
        (SourceLoop("ourselves"), 0),
        (SpoolFailed("full"), 0),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_kind_of_failure_has_its_time(error: SourceError, seconds: float) -> None:
    assert remembered_seconds(error, now=NOW) == seconds


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (gone(cache_control="max-age=7"), 7),
        (gone(cache_control="max-age=7000"), MOST_SECONDS),
        (gone(cache_control="max-age=30", age="20"), 10),
        (gone(cache_control="no-store"), 0),
        (gone(cache_control="private"), 0),
        (gone(cache_control="no-cache"), 0),
        (gone(expires="0"), 0),
        (OriginFailed("f", origin_status=503, headers={"cache-control": "no-store"}), 5),
    ],
)
def test_the_origin_s_own_word_shortens_it_where_it_spoke_of_the_picture(
    error: SourceError, seconds: float
) -> None:
    assert remembered_seconds(error, now=NOW) == seconds


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


async def test_a_failure_is_believed_until_its_time_is_over() -> None:
    clock = Clock()
    failures = RememberedFailures(BoundedMemoryCache(max_bytes=1 << 20, clock=clock), now=clock)
    await failures.note(URL, gone())

    clock.now += MOST_SECONDS - 1
    again = await failures.of(URL)
    clock.now += 1

    assert isinstance(again, SourceNotFound)
    assert (str(again), again.origin_status) == ("gone", 404)
    assert again.remembered_until == NOW + MOST_SECONDS
    assert await failures.of(URL) is None


async def test_each_who_hears_of_it_gets_an_error_of_its_own() -> None:
    failures = RememberedFailures(BoundedMemoryCache(max_bytes=1 << 20))
    met = SourceTooLarge(source_bytes=9, max_source_bytes=8)
    await failures.note(URL, met)

    first, second = await failures.of(URL), await failures.of(URL)

    assert first is not second is not met
    assert met.remembered_until is None
    assert str(first) == "a source image may have at most 8 bytes; this one is 9 bytes"
    assert isinstance(first, SourceTooLarge)
    assert first.source_bytes == 9


async def test_believing_a_failure_does_not_prolong_it() -> None:
    clock = Clock()
    failures = RememberedFailures(BoundedMemoryCache(max_bytes=1 << 20, clock=clock), now=clock)
    await failures.note(URL, gone())
    clock.now += MOST_SECONDS - 1
    believed = await failures.of(URL)
    assert believed is not None

    await failures.note(URL, believed)
    clock.now += 1

    assert await failures.of(URL) is None


async def test_other_user_info_is_another_source() -> None:
    failures = RememberedFailures(BoundedMemoryCache(max_bytes=1 << 20))
    await failures.note(URL, gone())

    assert await failures.of("https://other:secret@a.example/photo.jpg") is None


async def test_a_flood_of_failures_takes_no_more_memory_than_it_may() -> None:
    memory = BoundedMemoryCache(max_bytes=100_000)
    failures = RememberedFailures(memory)

    for number in range(1000):
        await failures.note(f"https://a.example/{number}", gone())

    assert memory.used_bytes <= 100_000
    assert await failures.of("https://a.example/999") is not None

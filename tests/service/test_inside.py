"""Sources under our own URL: what lies behind them, and how long it may be kept."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from imgproxy_py.service.errors import ResultNotFound, TooManyHops
from imgproxy_py.service.inside import Inside, sample_bytes
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, SourceAnswer
from imgproxy_py.sources.errors import OriginTimeout, SourceNotFound
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.records import ResultRecord
from options_grammar import parse

URL = "https://images.example/base"
NESTED = f"{URL}/inner/200/https://a.example/b.png?x=1"


def image(*, is_provisional: bool = False, lifetime_seconds: int = 3600) -> ImageAnswer:
    record = ResultRecord(
        result_id="r",
        sha256="0" * 64,
        bytes=3,
        media_type="image/png",
        extension="png",
        width=1,
        height=1,
        is_provisional=is_provisional,
        created_at=datetime.now(UTC),
        source_sha256="1" * 64,
    )
    freshness = Freshness(
        born_at=time.time() - 100, lifetime_seconds=lifetime_seconds, is_immutable=True
    )
    return ImageAnswer(record=record, data=memoryview(b"abc"), freshness=freshness, is_stored=True)


class KnownResults:
    async def open(self, result_id: str) -> ImageAnswer:
        if result_id != "known":
            raise ResultNotFound
        return image()


def inside(tmp_path: Path, answer: Answer | None = None) -> tuple[Inside, list[Request]]:
    asked: list[Request] = []
    made = Inside(
        public_url=URL, spool_directory=tmp_path, max_source_bytes=10**7, results=KnownResults()
    )

    async def optimize(request: Request) -> Answer:
        asked.append(request)
        assert answer is not None
        return answer

    made.optimize = optimize
    return made, asked


OUTER = Request(username="outer", options=parse("100").options, deadline=9.0, source_url=NESTED)


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [(URL, True), (f"{URL}/x", True), (f"{URL}x/y", False), ("https://images.example/", False)],
)
def test_only_urls_below_ours_are_ours(tmp_path: Path, url: str, is_ours: bool) -> None:
    assert inside(tmp_path)[0].holds(url) is is_ours


async def test_a_nested_url_is_asked_for_under_its_own_name(tmp_path: Path) -> None:
    ours, asked = inside(tmp_path, image())

    with (await ours.open(NESTED, OUTER)).spool as spool:
        data = spool.read()

    assert data == b"abc"
    assert (asked[0].username, asked[0].source_url) == ("inner", "https://a.example/b.png?x=1")
    assert (asked[0].options.width, asked[0].hops, asked[0].deadline) == (200, 1, 9.0)


async def test_what_is_made_of_a_provisional_result_does_not_outlive_it(tmp_path: Path) -> None:
    ours, _ = inside(tmp_path, image(is_provisional=True))

    found = await ours.open(NESTED, OUTER)
    found.spool.close()

    assert found.freshness is not None
    assert found.freshness.fresh_until <= time.time() + 60
    assert not found.freshness.is_immutable


async def test_what_is_made_of_a_result_is_not_used_stale_since_nobody_renews_it(
    tmp_path: Path,
) -> None:
    made = image()
    lenient = replace(
        made.freshness, stale_while_revalidate_seconds=600, stale_if_error_seconds=600
    )
    ours, _ = inside(tmp_path, replace(made, freshness=lenient))

    found = await ours.open(NESTED, OUTER)
    found.spool.close()

    assert found.freshness is not None
    until = made.freshness.fresh_until
    assert found.freshness.fresh_until == until
    assert not found.freshness.is_usable(until)
    assert not found.freshness.may_serve_stale(until, origin_failed=True)


async def test_what_is_made_of_a_result_ends_with_it(tmp_path: Path) -> None:
    made = image()
    ends_at = datetime.now(UTC) + timedelta(seconds=60)
    ours, _ = inside(tmp_path, replace(made, record=replace(made.record, expires_at=ends_at)))

    found = await ours.open(NESTED, OUTER)
    found.spool.close()

    assert found.freshness is not None
    assert ends_at.timestamp() - 1 <= found.freshness.fresh_until <= ends_at.timestamp()


async def test_a_nested_picture_that_is_late_counts_as_an_origin_that_is(tmp_path: Path) -> None:
    ours, _ = inside(tmp_path, SourceAnswer(source_url="https://a.example/b.png"))

    with pytest.raises(OriginTimeout):
        await ours.open(NESTED, OUTER)


async def test_own_urls_in_one_another_have_a_limit(tmp_path: Path) -> None:
    ours, _ = inside(tmp_path, image())

    with pytest.raises(TooManyHops, match="leads back to this server more than 5 times"):
        await ours.open(NESTED, replace(OUTER, hops=5))


@pytest.mark.parametrize("path", ["", "/", "/livez", "/results/none", "/static/x", "/inner/full"])
async def test_what_is_no_picture_is_not_found(tmp_path: Path, path: str) -> None:
    ours, _ = inside(tmp_path)

    with pytest.raises(SourceNotFound):
        await ours.open(URL + path, OUTER)


@pytest.mark.parametrize(
    ("path", "data"), [("/results/known", b"abc"), ("/static/sample.jpg", None)]
)
async def test_results_and_samples_are_pictures(
    tmp_path: Path, path: str, data: bytes | None
) -> None:
    ours, _ = inside(tmp_path)

    with (await ours.open(URL + path, OUTER)).spool as spool:
        assert spool.read() == (data or sample_bytes("sample.jpg"))

"""What caches are told, status by status: one table, and every way into it."""

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine.errors import ImpossibleResult, NotAnImage
from imgproxy_py.service.errors import ResultExpired, ResultNotFound
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.sources.errors import SourceNotFound
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.judging import judge
from imgproxy_py.web.cache_headers import LIVES, Life, error_cache_control, vary
from imgproxy_py.web.client_hints import UNHINTED, Hinted
from imgproxy_py.web.conditional import NO_CONDITIONS, Conditions
from imgproxy_py.web.error_caching import error_caching
from imgproxy_py.web.image_reply import image_reply, result_redirect
from imgproxy_py.web.problems import STATUSES, problem_reply
from imgproxy_py.web.reply import Reply
from tests.web.answers import RECORD, hit

NOW = 1_800_000_000.0
FRESHNESS = Freshness(born_at=NOW - 100, lifetime_seconds=1000, is_immutable=True)
# What a cache may keep briefly (the URL surface's errors), and what nobody may.
BRIEF = {404, 410, 413, 415, 422}


def answer(freshness: Freshness = FRESHNESS, **record: object) -> ImageAnswer:
    return hit(freshness, **record)


def headers_of(reply: Reply) -> dict[str, str]:
    return dict(reply.headers)


@pytest.mark.parametrize(
    "status", sorted({status for _, status in STATUSES} | {500}), ids=lambda status: str(status)
)
def test_every_error_has_a_row_and_lives_a_minute_at_most(status: int) -> None:
    assert status in LIVES
    assert error_cache_control(status) == ("max-age=60" if status in BRIEF else "no-store")


@pytest.mark.parametrize(
    ("kind", "status"), [pytest.param(*row, id=row[0].__name__) for row in STATUSES]
)
def test_every_row_of_the_problems_is_told_with_its_life(
    kind: type[Exception], status: int
) -> None:
    """The error itself, without its words: what it is decides, not what it says."""
    error = kind.__new__(kind)
    of_options = {"message": "x", "text": ""}
    of_sources = {"is_passing": False, "origin_status": None, "remembered_until": None}
    vars(error).update(allow="GET", total_bytes=1, headers={}, **of_options, **of_sources)

    reply = problem_reply(error, accept="")
    keyed = [
        problem_reply(error, accept="", asked=asked)
        for asked in ("/api/v1/usage", "/shrink", "/output/a")
    ]

    told = headers_of(reply)["Cache-Control"]
    assert {one.status for one in (reply, *keyed)} == {status}
    assert told == "no-store" or (told == "max-age=60" and status in BRIEF)
    assert headers_of(reply)["Vary"] == "Accept"
    assert {headers_of(one)["Cache-Control"] for one in keyed} == {"no-store"}


@pytest.mark.parametrize("error", [ResultNotFound(), ResultExpired(), ImpossibleResult("x")])
def test_what_may_be_there_the_next_moment_is_not_remembered_as_missing(error: Exception) -> None:
    """A result that was pruned is made again under the same URL."""
    assert headers_of(problem_reply(error, accept=""))["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("origin_said", "told"),
    [
        ({}, "max-age=60"),
        ({"cache-control": "max-age=3600"}, "max-age=60"),
        ({"cache-control": "max-age=20"}, "max-age=20"),
        ({"cache-control": "no-store"}, "no-store"),
    ],
)
def test_what_is_missing_is_kept_no_longer_than_its_origin_said(
    origin_said: dict[str, str], told: str
) -> None:
    error = SourceNotFound("x", origin_status=404, headers=origin_said)

    reply = problem_reply(error, accept="")

    assert headers_of(reply)["Cache-Control"] == told
    assert headers_of(reply)["Cache-Status"] == "imgproxy-py; fwd=miss; fwd-status=404"


@pytest.mark.parametrize(
    ("left_seconds", "told"), [(600.0, "max-age=60"), (20.5, "max-age=20"), (-5.0, "no-store")]
)
def test_what_is_wrong_with_a_source_is_kept_no_longer_than_the_source(
    left_seconds: float, told: str
) -> None:
    error = NotAnImage("the source is no picture")
    error.kept_until = NOW + left_seconds

    caching = dict(error_caching(error, status=415, is_keyed=False, now=NOW))

    assert caching["Cache-Control"] == told


def test_a_failure_that_is_remembered_counts_down() -> None:
    error = SourceNotFound("x", origin_status=404)
    error.remembered_until = NOW + 30.5

    told = dict(error_caching(error, status=404, is_keyed=False, now=NOW))

    assert told["Cache-Control"] == "max-age=30"
    assert told["Cache-Status"] == "imgproxy-py; hit; ttl=30; detail=negative"


def test_no_life_is_longer_than_the_sources_or_a_minute() -> None:
    assert {status for status, life in LIVES.items() if life is Life.SOURCE} == {200, 206, 304}
    assert {status for status, life in LIVES.items() if life is Life.BRIEF} == BRIEF


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        (NO_CONDITIONS, 200),
        (Conditions(if_none_match="*"), 304),
        (Conditions(range="bytes=0-3"), 206),
    ],
)
def test_200_206_and_304_say_the_same_to_caches(conditions: Conditions, status: int) -> None:
    """RFC 9110, 15.4.5 and 15.3.7: what a 200 would have said."""
    reply = image_reply(answer(), conditions, now=NOW)

    told = headers_of(reply)
    assert reply.status == status
    assert told["Cache-Control"] == "public, max-age=900, immutable"
    assert told["Vary"] == "Accept"
    assert told["ETag"] == f'"{RECORD.sha256}"'
    assert told["Cache-Status"] == "imgproxy-py; hit; ttl=900"
    assert told["Last-Modified"] == "Fri, 15 Jan 2027 07:59:30 GMT"
    assert not told.keys() & {"Age", "Expires"}


def test_what_is_unfinished_lives_a_minute_and_is_never_immutable() -> None:
    reply = image_reply(answer(is_provisional=True), NO_CONDITIONS, now=NOW)

    assert headers_of(reply)["Cache-Control"] == "public, max-age=60"


def test_what_is_being_made_better_lives_a_minute_too() -> None:
    better_is_coming = dataclasses.replace(answer(), awaits_better=True)

    reply = image_reply(better_is_coming, NO_CONDITIONS, now=NOW)

    assert headers_of(reply)["Cache-Control"] == "public, max-age=60"


@given(
    age=st.floats(0, 5000),
    lifetime=st.none() | st.integers(0, 5000),
    shared=st.none() | st.integers(0, 5000),
    is_brief=st.booleans(),
)
def test_no_cache_behind_us_keeps_it_longer_than_the_origin_allowed(
    age: float, lifetime: int | None, shared: int | None, is_brief: bool
) -> None:
    """RFC 9111, 4.2: freshness as a cache computes it that reads no `Age`, and from `Date` on."""
    freshness = Freshness(
        born_at=NOW - age, lifetime_seconds=lifetime, shared_lifetime_seconds=shared
    )
    reply = image_reply(answer(freshness, is_provisional=is_brief), NO_CONDITIONS, now=NOW)

    told = judge(
        {"cache-control": headers_of(reply)["Cache-Control"]},
        requested_at=NOW,
        responded_at=NOW,
        default_ttl_seconds=0,
    )
    assert told.fresh_until <= max(NOW, freshness.fresh_until)
    private_until = NOW + (told.lifetime_seconds or 0)
    assert private_until <= max(NOW, freshness.born_at + (lifetime or 0))


def test_what_an_account_was_given_for_a_while_is_kept_no_longer() -> None:
    until = datetime.fromtimestamp(NOW + 50, UTC)

    reply = image_reply(answer(expires_at=until), NO_CONDITIONS, now=NOW)

    assert headers_of(reply)["Cache-Control"] == "public, max-age=50"


def test_a_clock_that_is_ahead_makes_no_date_of_tomorrow() -> None:
    """RFC 9110, 8.8.2.1: no `Last-Modified` later than `Date`."""
    made_at = datetime.fromtimestamp(NOW + 3600, UTC)

    reply = image_reply(answer(created_at=made_at), NO_CONDITIONS, now=NOW)

    assert headers_of(reply)["Last-Modified"] == "Fri, 15 Jan 2027 08:00:00 GMT"


@pytest.mark.parametrize(
    ("negotiated", "hints", "varies"),
    [
        (False, UNHINTED, None),
        (True, UNHINTED, "Accept"),
        (False, Hinted(varies=("Save-Data",), is_open=True), "Save-Data"),
        (True, Hinted(varies=("Sec-CH-DPR",), is_open=True), "Accept, Sec-CH-DPR"),
    ],
)
def test_vary_names_what_decided_and_nothing_else(
    negotiated: bool, hints: Hinted, varies: str | None
) -> None:
    reply = image_reply(answer(negotiated=negotiated), NO_CONDITIONS, hinted=hints, now=NOW)

    assert headers_of(reply).get("Vary") == varies
    assert ("Accept-CH" in headers_of(reply)) is hints.is_open


def test_a_redirect_is_kept_by_nobody_and_tells_what_the_cache_did() -> None:
    told = headers_of(result_redirect(answer()))

    assert told["Cache-Control"] == "no-store"
    assert told["Cache-Status"].startswith("imgproxy-py; hit; ttl=")


def test_vary_is_left_out_where_nothing_decided() -> None:
    assert vary(()) == ()
    assert vary(("Accept", "Save-Data")) == (("Vary", "Accept, Save-Data"),)

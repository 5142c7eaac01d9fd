"""Freshness: one row per rule, with the section of RFC 9111 (or the RFC) it comes from."""

from collections.abc import Mapping

import msgspec
import pytest

from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.judging import judge, revalidated

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
HOUR_LATER = "Sun, 06 Nov 1994 09:49:37 GMT"
DEFAULT = 500


def judged(headers: Mapping[str, str], **changes: float) -> Freshness:
    return judge(
        headers,
        requested_at=changes.get("requested_at", NOW),
        responded_at=NOW,
        default_ttl_seconds=DEFAULT,
        max_ttl_seconds=int(changes.get("max_ttl_seconds", 31_536_000)),
        was_authorized=bool(changes.get("was_authorized", False)),
    )


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        pytest.param({}, DEFAULT, id="4.2.2 nothing said: the default"),
        pytest.param({"cache-control": "max-age=60"}, 60, id="5.2.2.1 max-age"),
        pytest.param({"cache-control": "MAX-AGE=60"}, 60, id="5.2 names in any case"),
        pytest.param({"cache-control": 'max-age="60"'}, 60, id="5.2 quoted as well as bare"),
        pytest.param({"cache-control": "max-age = 60"}, 60, id="5.2 spaces are survived"),
        pytest.param({"cache-control": "max-age=60, s-maxage=9"}, 9, id="4.2.1 s-maxage is first"),
        pytest.param(
            {"cache-control": "max-age=60", "expires": HOUR_LATER, "date": DATE},
            60,
            id="5.3 max-age wins over Expires",
        ),
        pytest.param({"expires": HOUR_LATER, "date": DATE}, 3600, id="4.2.1 Expires minus Date"),
        pytest.param({"expires": HOUR_LATER}, 3600, id="4.2.1 Expires without a Date"),
        pytest.param({"expires": "0"}, 0, id="5.3 an invalid Expires has passed"),
        pytest.param({"expires": "Sunday, 06-Nov-94 09:49:37 GMT"}, 3600, id="5.6.7 RFC 850 date"),
        pytest.param({"expires": "Sun Nov  6 09:49:37 1994"}, 3600, id="5.6.7 asctime date"),
        pytest.param({"cache-control": "max-age=60", "age": "20"}, 40, id="4.2.3 minus Age"),
        pytest.param(
            {"cache-control": "max-age=60", "age": "70"}, -10, id="4.2.3 stale on arrival"
        ),
        pytest.param(
            {"cache-control": "max-age=60", "age": "20, 50"}, 40, id="5.1 first of two Ages"
        ),
        pytest.param(
            {"cache-control": "max-age=60", "age": "soon"}, 60, id="5.1 a wrong Age is none"
        ),
        pytest.param(
            {"cache-control": "max-age=60", "date": "Sun, 06 Nov 1994 08:49:07 GMT"},
            30,
            id="4.2.3 apparent age by Date",
        ),
        pytest.param(
            {"cache-control": "max-age=60", "date": HOUR_LATER},
            60,
            id="4.2.3 an origin ahead of us",
        ),
        pytest.param({"cache-control": "max-age=60, max-age=9"}, 0, id="4.2.1 conflicting: stale"),
        pytest.param(
            {"cache-control": "max-age=60, max-age=60"}, 60, id="4.2.1 repeated: the same"
        ),
        pytest.param({"cache-control": "max-age=-1"}, 0, id="4.2.1 negative: stale"),
        pytest.param({"cache-control": "max-age=1.5"}, 0, id="4.2.1 not a number: stale"),
        pytest.param({"cache-control": "max-age"}, 0, id="4.2.1 without a value: stale"),
        pytest.param({"cache-control": "max-age=" + "9" * 5000}, 31_536_000, id="1.2.2 overflow"),
        pytest.param({"cache-control": "no-cache, max-age=60"}, 0, id="5.2.2.4 no-cache"),
        pytest.param({"pragma": "no-cache"}, DEFAULT, id="5.4 Pragma means nothing here"),
        pytest.param(
            {"cache-control": 'ext="a, max-age=5", max-age=60'}, 60, id="5.2 commas inside quotes"
        ),
        pytest.param(
            {"cache-control": ",, ;max-age=60,"}, DEFAULT, id="5.2 rubbish is passed over"
        ),
    ],
)
def test_a_source_is_fresh_for_exactly_as_long_as_its_headers_say(
    headers: dict[str, str], left: int
) -> None:
    assert judged(headers).fresh_until - NOW == left


def test_the_time_a_response_was_on_its_way_counts_as_age() -> None:
    """RFC 9111, section 4.2.3: response_delay."""
    judgment = judged({"cache-control": "max-age=60", "age": "5"}, requested_at=NOW - 3)

    assert judgment.fresh_until == NOW + 52


def test_an_origin_cannot_ask_for_more_than_the_cap() -> None:
    headers = {"cache-control": "max-age=100000, s-maxage=200000, stale-if-error=300000"}

    capped = judged(headers, max_ttl_seconds=3600)

    assert capped.cache_control(NOW) == "public, max-age=3600, s-maxage=3600, stale-if-error=3600"


@pytest.mark.parametrize(
    ("headers", "may_store"),
    [
        pytest.param({}, True, id="3 nothing against it"),
        pytest.param({"cache-control": "no-store"}, False, id="5.2.2.5 no-store"),
        pytest.param({"cache-control": "private, max-age=60"}, False, id="5.2.2.7 private"),
        pytest.param({"cache-control": 'private="x-user"'}, False, id="5.2.2.7 qualified private"),
        pytest.param({"cache-control": "no-cache"}, True, id="5.2.2.4 stored, but asked each time"),
        pytest.param({"set-cookie": "id=7"}, False, id="7.3 a cookie makes it personal"),
        pytest.param({"vary": "*"}, False, id="4.1 Vary: *"),
        pytest.param({"vary": "accept, *"}, False, id="4.1 Vary: * among others"),
        pytest.param({"vary": "accept-encoding"}, True, id="4.1 we always send the same"),
    ],
)
def test_only_what_a_shared_cache_may_keep_is_kept(
    headers: dict[str, str], may_store: bool
) -> None:
    assert judged(headers).may_store is may_store


@pytest.mark.parametrize("directive", ["public", "must-revalidate", "s-maxage=60"])
def test_an_answer_to_authorization_is_shared_only_when_the_origin_says_so(directive: str) -> None:
    """RFC 9111, section 3.5."""
    assert not judged({"cache-control": "max-age=60"}, was_authorized=True).may_store
    assert judged({"cache-control": directive}, was_authorized=True).may_store


@pytest.mark.parametrize(
    ("said", "passed_on"),
    [
        pytest.param("max-age=60", "public, max-age=50", id="what is left after ten seconds"),
        pytest.param("public, max-age=60", "public, max-age=50", id="public stays"),
        pytest.param("max-age=5", "public, max-age=0", id="never negative"),
        pytest.param("max-age=60, s-maxage=90", "public, max-age=50, s-maxage=80", id="both lives"),
        pytest.param("s-maxage=90", "public, s-maxage=80", id="browsers are promised nothing"),
        pytest.param("private, max-age=60", "private, max-age=50", id="private"),
        pytest.param("private, s-maxage=60", "private", id="s-maxage means nothing to private"),
        pytest.param("no-store, max-age=60", "no-store", id="no-store says all"),
        pytest.param("private, no-store", "private, no-store", id="private and no-store"),
        pytest.param("no-cache", "public, no-cache, max-age=490", id="no-cache"),
        pytest.param(
            "max-age=60, must-revalidate", "public, max-age=50, must-revalidate", id="revalidate"
        ),
        pytest.param(
            "max-age=60, proxy-revalidate", "public, max-age=50, must-revalidate", id="proxies"
        ),
        pytest.param(
            "max-age=60, stale-while-revalidate=30, stale-if-error=40, immutable",
            "public, max-age=50, stale-while-revalidate=30, stale-if-error=40, immutable",
            id="RFC 5861 and RFC 8246",
        ),
        pytest.param(
            "max-age=60, no-transform", "public, max-age=50, no-transform", id="for those after us"
        ),
    ],
)
def test_results_carry_the_equivalent_of_what_the_origin_said(said: str, passed_on: str) -> None:
    assert judged({"cache-control": said}).cache_control(NOW + 10) == passed_on


@pytest.mark.parametrize(
    ("said", "passed_on"),
    [
        ("max-age=9000, immutable, stale-while-revalidate=60", "public, max-age=60"),
        ("max-age=9000, s-maxage=9000", "public, max-age=60, s-maxage=60"),
        ("max-age=20", "public, max-age=20"),
        ("private, max-age=9000", "private, max-age=60"),
        ("no-store", "no-store"),
        ("no-cache", "public, no-cache, max-age=60"),
    ],
)
def test_a_provisional_result_is_promised_for_a_minute_at_most(said: str, passed_on: str) -> None:
    judgment = judged({"cache-control": said})

    assert judgment.cache_control(NOW, is_provisional=True) == passed_on


@pytest.mark.parametrize(
    ("said", "at_once", "after_failure"),
    [
        pytest.param("max-age=0", False, False, id="nothing allowed"),
        pytest.param("max-age=0, stale-while-revalidate=60", True, True, id="RFC 5861, section 3"),
        pytest.param("max-age=0, stale-if-error=60", False, True, id="RFC 5861, section 4"),
        pytest.param("s-maxage=0, stale-while-revalidate=60", True, True, id="beside s-maxage"),
        pytest.param("must-revalidate, stale-if-error=60", False, False, id="RFC 9111, 5.2.2.2"),
        pytest.param("no-cache, stale-while-revalidate=60", False, False, id="RFC 9111, 5.2.2.4"),
    ],
)
def test_a_stale_copy_is_used_only_where_the_origin_allows_it(
    said: str, at_once: bool, after_failure: bool
) -> None:
    judgment = judged({"cache-control": said, "expires": "0"})

    assert judgment.may_serve_stale(NOW + 30) is at_once
    assert judgment.may_serve_stale(NOW + 30, origin_failed=True) is after_failure
    assert not judgment.may_serve_stale(NOW + 61, origin_failed=True)


@pytest.mark.parametrize(
    ("said", "seconds_later", "passed_on"),
    [
        (
            "max-age=10, stale-while-revalidate=60, immutable",
            10,
            "public, max-age=0, stale-while-revalidate=60, immutable",
        ),
        (
            "max-age=10, stale-while-revalidate=60, immutable",
            30,
            "public, max-age=0, stale-while-revalidate=40",
        ),
        ("max-age=10, stale-if-error=60", 69.5, "public, max-age=0"),
        (
            "max-age=10, stale-while-revalidate=20, stale-if-error=60",
            40,
            "public, max-age=0, stale-if-error=30",
        ),
    ],
)
def test_a_stale_copy_hands_on_only_what_is_left_of_its_grace(
    said: str, seconds_later: float, passed_on: str
) -> None:
    assert judged({"cache-control": said}).cache_control(NOW + seconds_later) == passed_on


@pytest.mark.parametrize(
    ("said", "usable"),
    [
        pytest.param("max-age=60", True, id="fresh"),
        pytest.param("max-age=60, must-revalidate", True, id="fresh, whatever comes then"),
        pytest.param("max-age=0, stale-while-revalidate=60", True, id="stale and allowed"),
        pytest.param("max-age=0, stale-if-error=60", False, id="only after an error"),
        pytest.param("max-age=60, no-cache", False, id="never unasked"),
    ],
)
def test_a_source_is_used_unasked_only_where_its_origin_lets_it(said: str, usable: bool) -> None:
    assert judged({"cache-control": said}).is_usable(NOW + 30) is usable


@pytest.mark.parametrize(
    ("said", "led_by", "passed_on"),
    [
        ("max-age=60", "max-age=1000", "public, max-age=60"),
        ("max-age=60", "max-age=5", "public, max-age=5"),
        ("s-maxage=60", "max-age=5", "public, s-maxage=5"),
        ("max-age=60", "no-store", "no-store"),
        ("max-age=60", "private", "private, max-age=60"),
        ("max-age=60", "no-cache", "public, no-cache, max-age=0"),
        (
            "max-age=60, immutable",
            "max-age=1000, must-revalidate",
            "public, max-age=60, must-revalidate",
        ),
    ],
)
def test_what_redirects_led_to_is_neither_fresher_nor_more_public_than_they_were(
    said: str, led_by: str, passed_on: str
) -> None:
    both = judged({"cache-control": said}).within(judged({"cache-control": led_by}))

    assert both.cache_control(NOW) == passed_on


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        pytest.param({}, 60, id="a silent 304 begins the same life anew"),
        pytest.param({"age": "15"}, 45, id="unless a cache before us had it for a while"),
        pytest.param({"cache-control": "max-age=7"}, 7, id="a new word counts"),
        pytest.param({"expires": "0"}, 0, id="an Expires as well"),
    ],
)
def test_a_304_renews_the_freshness(headers: dict[str, str], left: int) -> None:
    """RFC 9111, section 4.3.4."""
    old = judged({"cache-control": "max-age=60, immutable"})
    later = NOW + 1000

    said = judge(headers, requested_at=later, responded_at=later, default_ttl_seconds=DEFAULT)

    new = revalidated(old, said, headers)

    assert new.fresh_until == later + left


def test_freshness_survives_being_written_down() -> None:
    judgment = judged({"cache-control": "max-age=60, s-maxage=70, immutable"})

    assert msgspec.msgpack.decode(msgspec.msgpack.encode(judgment), type=Freshness) == judgment

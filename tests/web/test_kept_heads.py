"""Heads that are kept say what heads made anew would say, second by second."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.service.cache_use import MISS
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.web.client_hints import Hinted
from imgproxy_py.web.conditional import NO_CONDITIONS, Conditions
from imgproxy_py.web.image_reply import image_headers, image_reply
from imgproxy_py.web.kept_heads import Head, KeptHeads
from imgproxy_py.web.reply import ready_of, written
from tests.web.answers import hit

BORN = 1_800_000_000.4
HIT_ANSWER = hit(
    Freshness(
        born_at=BORN, lifetime_seconds=1000, stale_while_revalidate_seconds=50, is_immutable=True
    ),
    created_at=datetime.fromtimestamp(BORN, UTC),
)


def anew(answer: ImageAnswer, now: float, **how: bool) -> bytes:
    headers = image_headers(answer, now=now, **how)  # type: ignore[arg-type]
    return written((*headers, ("Content-Type", answer.record.media_type)))


def of(
    kept: KeptHeads, answer: ImageAnswer, *others: object, now: float = BORN
) -> tuple[Head, int]:
    """The head, and how often it had to be made."""
    made: list[Head] = []

    def make() -> Head:
        made.append(Head(headers=(), lines=b"", typed_lines=b""))
        return made[0]

    return kept.of(answer, *others, now=now, make=make), len(made)


# Seconds and a part of one; where exactly a second ends is a matter of rounding.
MOMENTS = st.lists(st.tuples(st.integers(0, 1100), st.floats(0.001, 0.999)), min_size=1)


@given(moments=MOMENTS)
def test_a_kept_head_counts_down_as_one_made_anew(moments: list[tuple[int, float]]) -> None:
    for seconds, part in sorted(moments):
        now = BORN + seconds + part
        ready = ready_of(image_reply(HIT_ANSWER, NO_CONDITIONS, now=now), "GET")
        assert ready.lines == anew(HIT_ANSWER, now)


def test_304_has_the_same_lines_without_the_type() -> None:
    same = Conditions(if_none_match="*")
    whole = ready_of(image_reply(HIT_ANSWER, NO_CONDITIONS, now=BORN + 3), "GET")
    spared = ready_of(image_reply(HIT_ANSWER, same, now=BORN + 3), "GET")

    assert (spared.status, spared.length) == (304, None)
    assert whole.lines == spared.lines + b"content-type: image/avif\r\n"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(HIT_ANSWER, awaits_better=True), id="a better one is awaited"),
        pytest.param(replace(HIT_ANSWER, warnings=("odd",)), id="another request's warnings"),
        pytest.param(
            replace(HIT_ANSWER, freshness=HIT_ANSWER.freshness.ending_by(BORN + 9)),
            id="a URL that ends",
        ),
        pytest.param(
            replace(HIT_ANSWER, record=replace(HIT_ANSWER.record, sha256="12" * 32)),
            id="other bytes under the same URL",
        ),
        pytest.param(replace(HIT_ANSWER, timings_ms={"fetch": 1.0}), id="work that took time"),
        pytest.param(replace(HIT_ANSWER, cache=MISS, is_made=True), id="no hit"),
    ],
)
def test_what_differs_in_anything_has_a_head_of_its_own(other: ImageAnswer) -> None:
    now = BORN + 5
    for answer in (HIT_ANSWER, other, HIT_ANSWER):
        assert ready_of(image_reply(answer, NO_CONDITIONS, now=now), "GET").lines == anew(
            answer, now
        )


def test_a_result_under_its_own_url_varies_with_nothing() -> None:
    varying = image_reply(HIT_ANSWER, NO_CONDITIONS, now=BORN)
    own = image_reply(HIT_ANSWER, NO_CONDITIONS, may_vary=False, now=BORN)
    hinted = image_reply(HIT_ANSWER, NO_CONDITIONS, hinted=Hinted(varies=("Sec-CH-DPR",)), now=BORN)

    told = [dict(reply.headers).get("Vary") for reply in (varying, own, hinted)]
    assert told == ["Accept", None, "Accept, Sec-CH-DPR"]


def test_a_head_is_made_once_a_second() -> None:
    kept = KeptHeads()
    made = [of(kept, HIT_ANSWER, now=BORN + at)[1] for at in (0.0, 0.5, 0.99, 1.01, 1.5, 0.5)]

    assert made == [1, 0, 0, 1, 0, 1]


def test_what_was_made_for_one_request_is_not_kept() -> None:
    kept = KeptHeads()
    for answer in (
        replace(HIT_ANSWER, is_made=True),
        replace(HIT_ANSWER, is_stored=False),
        replace(HIT_ANSWER, cache=MISS),
    ):
        assert of(kept, answer)[1] == 1

    assert len(kept) == 0


def test_the_least_recently_used_head_goes_first() -> None:
    kept = KeptHeads(max_heads=2)
    for other in ("a", "b", "a", "c"):
        of(kept, HIT_ANSWER, other)

    assert [of(kept, HIT_ANSWER, other)[1] for other in ("a", "c", "b")] == [0, 0, 1]
    assert len(kept) == 2

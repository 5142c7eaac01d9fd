"""200, 206, 304 or 416: decided on plain values (RFC 9110, sections 13 and 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.web.conditional import Conditions, Part, http_date, is_not_modified, part_asked_for
from imgproxy_py.web.errors import PreconditionFailed, RangeNotSatisfiable

ETAG = '"abc"'
MODIFIED_AT = 1_700_000_000.7
DATE = http_date(MODIFIED_AT)
EARLIER, LATER = http_date(MODIFIED_AT - 10), http_date(MODIFIED_AT + 10)


@pytest.mark.parametrize(
    ("if_none_match", "is_good"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", "abc"', True),
        ('"x",W/"abc" , "y"', True),
        ('"a,b", "abc"', True),
        ("*", True),
        (" * ", True),
        ('"abcd"', False),
        ("abc", False),
        ('"ab', False),
        ("", False),
    ],
)
def test_a_list_of_etags_is_compared_weakly(if_none_match: str, is_good: bool) -> None:
    conditions = Conditions(if_none_match=if_none_match)

    assert is_not_modified(conditions, etag=ETAG, modified_at=MODIFIED_AT) is is_good


@pytest.mark.parametrize(
    ("if_modified_since", "is_good"),
    [
        pytest.param(DATE, True, id="equal is not modified"),
        pytest.param(LATER, True, id="later"),
        pytest.param(EARLIER, False, id="earlier"),
        pytest.param("Tuesday, 14-Nov-23 22:13:20 GMT", True, id="as RFC 850 wrote it"),
        pytest.param("Tue Nov 14 22:13:20 2023", True, id="as asctime writes it"),
        pytest.param("tue, 14 NOV 2023 22:13:20 gmt", True, id="in any case"),
        pytest.param("Tue, 14 Nov 2023 22:13:20 -0000", False, id="GMT is the only zone"),
        pytest.param(f"{DATE}, {DATE}", False, id="two dates are none"),
        pytest.param("yesterday", False, id="no date at all"),
        pytest.param("0", False, id="a number"),
    ],
)
def test_dates_are_compared_by_the_second(if_modified_since: str, is_good: bool) -> None:
    conditions = Conditions(if_modified_since=if_modified_since)

    assert is_not_modified(conditions, etag=ETAG, modified_at=MODIFIED_AT) is is_good


def test_an_etag_that_differs_wins_over_a_date_that_agrees() -> None:
    conditions = Conditions(if_none_match='"other"', if_modified_since=LATER)

    assert not is_not_modified(conditions, etag=ETAG, modified_at=MODIFIED_AT)


@pytest.mark.parametrize(
    ("if_match", "is_met"),
    [
        ('"abc"', True),
        ('"x", "abc"', True),
        ("*", True),
        ('W/"abc"', False),
        ('"abcd"', False),
        ("", False),
    ],
)
def test_if_match_is_compared_strongly(if_match: str, is_met: bool) -> None:
    """RFC 9110, 13.1.1."""
    assert is_met is not is_refused(Conditions(if_match=if_match))


@pytest.mark.parametrize(
    ("if_unmodified_since", "is_met"),
    [(DATE, True), (LATER, True), (EARLIER, False), ("no date", True)],
)
def test_if_unmodified_since_wants_no_later_version(if_unmodified_since: str, is_met: bool) -> None:
    """RFC 9110, 13.1.4: what is no date is ignored."""
    assert is_met is not is_refused(Conditions(if_unmodified_since=if_unmodified_since))


def test_a_condition_that_fails_says_what_to_do() -> None:
    with pytest.raises(PreconditionFailed) as refused:
        is_not_modified(Conditions(if_match='"x"'), etag=ETAG, modified_at=MODIFIED_AT)

    assert str(refused.value) == (
        "the bytes here are not those that If-Match, If-None-Match or If-Unmodified-Since asks "
        "for; ask again without it"
    )


def test_if_match_wins_over_if_unmodified_since() -> None:
    """RFC 9110, 13.2.2."""
    assert not is_refused(Conditions(if_match=ETAG, if_unmodified_since=EARLIER))
    assert is_refused(Conditions(if_match='"x"', if_unmodified_since=LATER))


def test_a_good_copy_is_no_answer_to_a_post() -> None:
    """RFC 9110, 13.1.2 and 13.1.3: 304 is for GET and HEAD; dates mean nothing to others."""
    assert is_refused(Conditions(if_none_match=ETAG, is_read=False))
    assert not is_not_modified(
        Conditions(if_modified_since=LATER, is_read=False), etag=ETAG, modified_at=MODIFIED_AT
    )


def test_dates_mean_nothing_to_what_has_none() -> None:
    """RFC 9110, 13.1.3 and 13.1.4."""
    conditions = Conditions(if_modified_since=LATER, if_unmodified_since=http_date(0))

    assert not is_not_modified(conditions, etag=ETAG, modified_at=None)


@pytest.mark.parametrize(("method", "has_range"), [("GET", True), ("HEAD", False), ("POST", False)])
def test_only_get_knows_ranges(method: str, has_range: bool) -> None:
    """RFC 9110, 14.2."""
    conditions = Conditions.of(method, {b"range": "bytes=0-1"})

    assert (conditions.range is not None) is has_range


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        pytest.param("bytes=0-0", Part(0, 1), id="the first byte"),
        pytest.param("bytes=0-", Part(0, 100), id="from the first to the end"),
        pytest.param("bytes=90-200", Part(90, 100), id="beyond the end stops at the end"),
        pytest.param("bytes=99-99", Part(99, 100), id="the last byte"),
        pytest.param("bytes=-10", Part(90, 100), id="the last ten"),
        pytest.param("bytes=-1000", Part(0, 100), id="more than there are is all"),
        pytest.param(" Bytes=5-9 ", Part(5, 10), id="units in any case"),
        pytest.param("bytes=0-1,5-6", None, id="several: the whole"),
        pytest.param("bytes=9-5", None, id="backwards: the whole"),
        pytest.param("bytes=-", None, id="nothing: the whole"),
        pytest.param("items=0-1", None, id="another unit: the whole"),
        pytest.param("bytes=a-b", None, id="no numbers: the whole"),
        pytest.param("bytes=٣-٤", None, id="digits of another script: the whole"),
        pytest.param(None, None, id="not asked"),
    ],
)
def test_one_range_is_cut_and_everything_else_answered_whole(
    asked: str | None, part: Part | None
) -> None:
    assert cut_out(Conditions(range=asked)) == part


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_beyond_the_end_cannot_be_satisfied(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable, match=r"lies outside of the 100 bytes that there are"):
        cut_out(Conditions(range=asked))


@pytest.mark.parametrize(
    ("if_range", "applies"),
    [(ETAG, True), ('W/"abc"', False), ('"x"', False), (DATE, False), (LATER, False), ("?", False)],
)
def test_if_range_asks_for_the_very_same_representation(if_range: str, applies: bool) -> None:
    part = cut_out(Conditions(range="bytes=0-9", if_range=if_range))

    assert (part is not None) is applies


@given(st.text(), st.text(), st.text(), st.text())
def test_no_condition_is_too_strange_to_read(a: str, b: str, c: str, d: str) -> None:
    conditions = Conditions(if_none_match=a or None, if_modified_since=b, if_range=c, range=d)

    is_not_modified(conditions, etag=ETAG, modified_at=MODIFIED_AT)
    is_refused(Conditions(if_match=a or None, if_unmodified_since=b))
    part = cut_out(conditions)

    assert part is None or 0 <= part.start < part.end <= 100


def is_refused(conditions: Conditions) -> bool:
    try:
        is_not_modified(conditions, etag=ETAG, modified_at=MODIFIED_AT)
    except PreconditionFailed:
        return True
    return False


def cut_out(conditions: Conditions) -> Part | None:
    return part_asked_for(conditions, etag=ETAG, total_bytes=100)

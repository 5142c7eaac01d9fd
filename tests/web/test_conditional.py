"""200, 206, 304 or 416: decided on plain values (RFC 9110, sections 13 and 14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.web.conditional import Conditions, Part, http_date, is_not_modified, part_asked_for
from imgproxy_py.web.errors import RangeNotSatisfiable

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
        pytest.param("Tue, 14 Nov 2023 22:13:20 -0000", True, id="no zone is GMT"),
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
    [(ETAG, True), ('W/"abc"', False), ('"x"', False), (DATE, True), (LATER, False), ("?", False)],
)
def test_if_range_asks_for_the_very_same_representation(if_range: str, applies: bool) -> None:
    part = cut_out(Conditions(range="bytes=0-9", if_range=if_range))

    assert (part is not None) is applies


@given(st.text(), st.text(), st.text(), st.text())
def test_no_condition_is_too_strange_to_read(a: str, b: str, c: str, d: str) -> None:
    conditions = Conditions(if_none_match=a or None, if_modified_since=b, if_range=c, range=d)

    is_not_modified(conditions, etag=ETAG, modified_at=MODIFIED_AT)
    part = cut_out(conditions)

    assert part is None or 0 <= part.start < part.end <= 100


def cut_out(conditions: Conditions) -> Part | None:
    return part_asked_for(conditions, etag=ETAG, modified_at=MODIFIED_AT, total_bytes=100)

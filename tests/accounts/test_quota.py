"""The arithmetic of monthly quotas."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from imgproxy_py.accounts.quota import MonthUsage, first_moment, how_many_fit, month_of, resets_at

MOMENTS = some.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 (hypothesis adds the zone)
    max_value=datetime(2999, 12, 30),  # noqa: DTZ001
    timezones=some.just(UTC),
)


@pytest.mark.parametrize(
    ("asked", "taken", "fitting"),
    [
        pytest.param(5, 0, 5, id="room for all"),
        pytest.param(5, 7, 3, id="room for some"),
        pytest.param(5, 10, 0, id="full"),
        pytest.param(5, 11, 0, id="over, since the plan became smaller"),
        pytest.param(0, 0, 0, id="nothing asked"),
    ],
)
def test_as_many_fit_as_the_limit_leaves(asked: int, taken: int, fitting: int) -> None:
    assert how_many_fit(asked, taken=taken, limit=10) == fitting


def test_a_month_is_that_of_utc() -> None:
    east = timezone(timedelta(hours=14))

    assert month_of(datetime(2026, 12, 1, 13, 59, tzinfo=east)) == "2026-11"
    assert month_of(datetime(2026, 12, 1, 14, 0, tzinfo=east)) == "2026-12"


@pytest.mark.parametrize(
    ("month", "moment"),
    [("2026-11", datetime(2026, 12, 1, tzinfo=UTC)), ("2026-12", datetime(2027, 1, 1, tzinfo=UTC))],
)
def test_a_quota_begins_anew_with_the_next_month(month: str, moment: datetime) -> None:
    assert resets_at(month) == moment


@given(MOMENTS)
def test_every_moment_lies_in_its_month_and_before_its_reset(moment: datetime) -> None:
    month = month_of(moment)

    assert first_moment(month) <= moment < resets_at(month)
    assert month_of(resets_at(month) - timedelta(microseconds=1)) == month
    assert month_of(resets_at(month)) > month


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-1", "26-01", "2026-01-01", "٢٠٢٦-٠١"]
)
def test_another_text_is_no_month(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        first_moment(text)

    assert str(caught.value) == f'"{text}" is no month; write it as 2026-11'


@pytest.mark.parametrize(("limit", "remaining"), [(10, 3), (6, 0), (None, None)])
def test_what_remains_counts_reserved_images_too(limit: int | None, remaining: int | None) -> None:
    usage = MonthUsage(
        month="2026-11", used=5, reserved=2, limit=limit, resets_at=resets_at("2026-11")
    )

    assert usage.remaining == remaining

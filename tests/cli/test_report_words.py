"""Numbers as a report says them."""

import pytest

from imgproxy_py.cli.report.words import change_text, percent_text, saved_text, size_text, stop_text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (12_340, "12.3 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (2_970_000_000, "2.97 GB"),
        (5_000_000_000_000, "5 TB"),
    ],
)
def test_bytes_have_three_digits_and_a_unit(count: int, text: str) -> None:
    assert size_text(count) == text


@pytest.mark.parametrize(
    ("saved", "percent", "change"),
    [
        (69.64, "69.6 %", "−69.6 %"),
        (-5.0, "−5.0 %", "+5.0 %"),
        (0.04, "0 %", "0 %"),
        (-0.04, "0 %", "0 %"),
    ],
)
def test_a_saving_and_the_change_that_it_is_have_opposite_signs(
    saved: float, percent: str, change: str
) -> None:
    assert (percent_text(saved), change_text(saved)) == (percent, change)


def test_what_has_grown_has_saved_less_than_nothing() -> None:
    assert (saved_text(1500), saved_text(-1500)) == ("1.5 kB", "−1.5 kB")


def test_a_reason_that_has_no_words_yet_is_told_as_it_is() -> None:
    assert (stop_text("limit"), stop_text("tea")) == ("out of attempts", "tea")

"""Which files of a batch somebody wants together."""

import pytest

from imgproxy_py.jobs.batch_picks import MAX_PICKED, read_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("0", {0}, id="one"),
        pytest.param("3,0,17", {0, 3, 17}, id="several"),
        pytest.param("5,5,05", {5}, id="one of them more than once"),
        pytest.param(",".join(map(str, range(MAX_PICKED))), set(range(MAX_PICKED)), id="many"),
    ],
)
def test_numbers_are_read(text: str, numbers: set[int]) -> None:
    assert read_numbers(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="none"),
        pytest.param("1,", id="one that is missing"),
        pytest.param("1;2", id="another sign"),
        pytest.param("-1", id="a negative one"),
        pytest.param("1234567890", id="a long one"),
        pytest.param("٣", id="another alphabet's digit"),
        pytest.param(",".join("1" * (MAX_PICKED + 1)), id="too many"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"no list of up to {MAX_PICKED} numbers"):
        read_numbers(text)

"""What `Accept` opens, and which shape an error takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.web.negotiation import ErrorShape, accepted_formats, error_shape, media_ranges

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "opened"),
    [
        pytest.param("", set(), id="no header opens nothing"),
        pytest.param("*/*", set(), id="anything is not AVIF: a saved file must open everywhere"),
        pytest.param("image/*", set(), id="any picture is not AVIF either"),
        pytest.param("image/webp", {"webp"}, id="one is named"),
        pytest.param(CHROME, {"avif", "webp"}, id="Chrome names both"),
        pytest.param("IMAGE/AVIF ; Q=0.5", {"avif"}, id="case and spaces do not matter"),
        pytest.param("image/avif;q=0, image/webp", {"webp"}, id="q=0 closes"),
        pytest.param("image/avif;q=0.000", set(), id="and so does q=0.000"),
        pytest.param("image/webp;q=nonsense", set(), id="an unreadable weight opens nothing"),
        pytest.param("image/webp;q=nan", set(), id="nor does one that is no number"),
        pytest.param("image/webp;v=1;q=0.3", {"webp"}, id="other parameters are passed over"),
    ],
)
def test_only_formats_named_by_themselves_are_opened(accept: str, opened: set[str]) -> None:
    assert accepted_formats(accept) == {ImageFormat(name) for name in opened}


@pytest.mark.parametrize(
    ("accept", "shape"),
    [
        ("", ErrorShape.TEXT),
        ("*/*", ErrorShape.TEXT),
        ("image/*", ErrorShape.TEXT),
        ("image/*,application/im2+json", ErrorShape.IM2_JSON),
        ("text/html,application/im2+json;q=0.1", ErrorShape.IM2_JSON),
        ("text/html,application/im2+json;q=0", ErrorShape.HTML),
        ("text/html,application/xhtml+xml,*/*;q=0.8", ErrorShape.HTML),
        ("text/html;q=0", ErrorShape.TEXT),
        ("application/json, text/plain, */*", ErrorShape.PROBLEM_JSON),
        ("application/problem+json", ErrorShape.PROBLEM_JSON),
        ("application/json,application/im2+json", ErrorShape.IM2_JSON),
        ("application/json;q=0", ErrorShape.TEXT),
    ],
)
def test_an_error_is_told_in_the_shape_that_is_named(accept: str, shape: ErrorShape) -> None:
    assert error_shape(accept) is shape


@given(st.text())
def test_no_accept_header_is_too_strange_to_read(accept: str) -> None:
    assert all(0.0 <= entry.weight <= 1.0 for entry in media_ranges(accept))

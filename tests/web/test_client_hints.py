"""Client hints on plain values: what they change, and what a cache must know of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.web.client_hints import (
    DPR,
    DPR_STEPS,
    SAVE_DATA,
    WIDTH,
    WIDTH_STEPS,
    hinted,
    hints_that_matter,
)
from options_grammar import canonical, parse


def read(options: str, **hints: str) -> str:
    """The canonical text of options after hints: `dpr`, `width`, `save`."""
    names = {"dpr": b"sec-ch-dpr", "width": b"sec-ch-width", "save": b"save-data"}
    parsed, _ = hinted(parse(options), {names[name]: value for name, value in hints.items()})
    return canonical(parsed.options)


@pytest.mark.parametrize(
    ("options", "matter"),
    [
        pytest.param("format=auto", (DPR, WIDTH, SAVE_DATA), id="all is open"),
        pytest.param("full", (DPR, SAVE_DATA), id="full is a size"),
        pytest.param("100", (DPR, SAVE_DATA), id="a width is given"),
        pytest.param("100x80,crop", (DPR, SAVE_DATA), id="a box is given"),
        pytest.param("100,1x", (SAVE_DATA,), id="one pixel for one was asked for"),
        pytest.param("100,quality=medium", (DPR,), id="medium is a word like another"),
        pytest.param("100,2x,quality=70", (), id="nothing is open"),
        pytest.param("full,quality=70", (), id="without size and preset no density matters"),
        pytest.param("quality=lossless", (), id="lossless holds without resizing only"),
        pytest.param("meta", (), id="facts are facts"),
    ],
)
def test_only_what_the_url_leaves_open_can_matter(options: str, matter: tuple[str, ...]) -> None:
    assert hints_that_matter(parse(options)) == matter


@pytest.mark.parametrize(
    ("options", "hints", "text"),
    [
        pytest.param("100", {"dpr": "2"}, "100,2x", id="the screen's density"),
        pytest.param("100", {"dpr": "1.25"}, "100,1.5x", id="the next step"),
        pytest.param("100", {"dpr": "2.625"}, "100,3x", id="the last step"),
        pytest.param("100", {"dpr": "8"}, "100,3x", id="more than the last"),
        pytest.param("100", {"dpr": "0.5"}, "100", id="less than one is one"),
        pytest.param("100,2x", {"dpr": "3"}, "100,2x", id="the URL wins"),
        pytest.param("format=auto", {"width": "641"}, "800", id="device pixels, the next step"),
        pytest.param(
            "format=auto", {"width": "640", "dpr": "2"}, "320,2x", id="of which two make one"
        ),
        pytest.param("2x", {"width": "640"}, "320,2x", id="by the URL's density"),
        pytest.param("format=auto", {"width": "99999"}, "5120", id="the widest"),
        pytest.param("full", {"width": "640"}, "full", id="full is full"),
        pytest.param("100", {"save": "on"}, "100,quality=low", id="one step lower"),
        pytest.param("100", {"save": "ON "}, "100,quality=low", id="in any case"),
        pytest.param(
            "100,quality=high", {"save": "on"}, "100,quality=high", id="not what was asked"
        ),
        pytest.param("100", {"save": "off"}, "100", id="no saving"),
        *(
            pytest.param("100", {"dpr": dpr}, "100", id=f"no number: {dpr!r}")
            for dpr in ("", "x", "-1", "0", "2, 3", "1e9", "\u0663", "nan")
        ),
        *(
            pytest.param("2x", {"width": width}, "full,2x", id=f"no width: {width!r}")
            for width in ("", "0", "-3", "64.5", "640px", "9999999")
        ),
    ],
)
def test_a_hint_becomes_an_option(options: str, hints: dict[str, str], text: str) -> None:
    assert read(options, **hints) == canonical(parse(text).options)


@given(st.floats(0.001, 999), st.integers(1, 999_999))
def test_hints_split_a_cache_into_few_pieces(dpr: float, width: int) -> None:
    parsed, _ = hinted(
        parse("format=auto"),
        {b"sec-ch-dpr": f"{dpr:.3f}", b"sec-ch-width": str(width)},
    )

    options = parsed.options
    device_pixels = (options.width or 0) * options.dpr
    assert options.dpr in DPR_STEPS
    assert any(step <= device_pixels < step + options.dpr for step in WIDTH_STEPS)


@given(st.text(), st.text(), st.text())
def test_no_hint_is_too_strange_to_read(dpr: str, width: str, save: str) -> None:
    hinted(
        parse("format=auto"),
        {b"sec-ch-dpr": dpr, b"sec-ch-width": width, b"save-data": save},
    )

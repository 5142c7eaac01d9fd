"""Every frame of an animation goes through the pipeline alike."""

from typing import Any

import pytest

from imgproxy_py.engine.pipeline import NO_TRIM_OF_ANIMATIONS
from options_grammar.options import Fit, Gravity
from tests.engine.drawing import BLUE, GREEN, RED, WHITE, animation, is_near, plain, rendered, size


def animated(save: str, pages: int = 3) -> bytes:
    """Frames in one color each, so that a bleeding neighbor shows."""
    colors = [RED, GREEN, BLUE][:pages]
    frames = [plain(100, 60, color) for color in colors]
    strip = animation(frames, delays_ms=[100, 200, 300][:pages], loop=5)
    options = {"lossless": True} if save == "webpsave_buffer" else {}
    data: bytes = getattr(strip, save)(**options)
    return data


@pytest.mark.parametrize("save", ["gifsave_buffer", "webpsave_buffer"])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, (100, 60), id="full"),
        pytest.param({"width": 50}, (50, 30), id="resize"),
        pytest.param({"width": 30, "height": 30, "fit": Fit.CROP}, (30, 30), id="crop"),
        pytest.param(
            {"width": 30, "height": 30, "fit": Fit.CROP, "gravity": Gravity.AUTO},
            (30, 30),
            id="crop=auto",
        ),
        pytest.param({"width": 120, "height": 90, "fit": Fit.PAD}, (120, 90), id="pad"),
        pytest.param({"width": 20, "height": 70, "fit": Fit.STRETCH}, (20, 70), id="stretch"),
    ],
)
def test_every_frame_of_an_animation_is_treated_alike(
    save: str, options: dict[str, Any], expected: tuple[int, int]
) -> None:
    result = rendered(animated(save), **options)

    assert size(result) == expected
    assert result.frames == 3
    assert result.image.height == 3 * result.page_height
    assert result.delays_ms == (100, 200, 300)
    assert result.loop == 5
    top = (expected[1] - 60) // 2 if options.get("fit") is Fit.PAD else 0
    for number, color in enumerate([RED, GREEN, BLUE]):
        first_row = number * result.page_height + top
        last_row = (number + 1) * result.page_height - top - 1
        for row in (first_row, last_row):
            seen = tuple(int(band) for band in result.image.getpoint(expected[0] // 2, row))
            # GIF palettes are exact for three colors; nothing of a neighbor may show.
            assert is_near(seen, color, 3), (number, row)


def test_padding_of_an_animation_is_the_background_in_every_frame() -> None:
    result = rendered(animated("gifsave_buffer"), width=100, height=100, fit=Fit.PAD)

    for number in range(3):
        seen = tuple(int(band) for band in result.image.getpoint(50, number * 100 + 2))
        assert seen == WHITE


def test_a_trim_of_an_animation_is_refused_with_a_warning() -> None:
    result = rendered(animated("gifsave_buffer"), trims_border=True)

    assert size(result) == (100, 60)
    assert result.warnings == (NO_TRIM_OF_ANIMATIONS,)

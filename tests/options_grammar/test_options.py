"""Options cannot exist with values that no request could ask for."""

from typing import Any

import pytest

from options_grammar import (
    Color,
    Fit,
    FocalPoint,
    Gravity,
    Options,
    OptionsError,
    Preset,
    canonical,
    settled,
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"width": 0}, "width is 1 to 10000, not 0"),
        ({"width": 10_001}, "width is 1 to 10000, not 10001"),
        ({"height": -1}, "height is 1 to 10000, not -1"),
        ({"dpr": 0}, "dpr is 0.01 to 4, not 0"),
        ({"dpr": 4.5}, "dpr is 0.01 to 4, not 4.5"),
        ({"dpr": float("nan")}, "dpr is 0.01 to 4, not nan"),
        ({"quality": 0}, "quality is 1 to 100, not 0"),
        ({"quality": 101}, "quality is 1 to 100, not 101"),
        ({"timeout_seconds": 0}, "timeout_seconds is 0.001 to 3600, not 0"),
        (
            {"timeout_seconds": float("inf")},
            "timeout_seconds is 0.001 to 3600, not inf",
        ),
        (
            {"width": 5, "fit": Fit.PAD},
            '"pad" needs both a width and a height, as in "100x100,pad"',
        ),
        (
            {"height": 5, "fit": Fit.CROP},
            '"crop" needs both a width and a height, as in "100x100,crop"',
        ),
    ],
)
def test_options_out_of_bounds_cannot_be_built(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionsError) as caught:
        Options(**fields)

    assert str(caught.value) == message


def test_a_focal_point_or_color_out_of_bounds_cannot_be_built() -> None:
    with pytest.raises(OptionsError, match="a focal point lies between 0x0 and 1x1"):
        FocalPoint(x=0.5, y=1.1)
    with pytest.raises(OptionsError, match="a focal point lies between 0x0 and 1x1"):
        FocalPoint(x=float("nan"), y=0.5)
    with pytest.raises(OptionsError, match="a color's parts are 0 to 255 each"):
        Color(red=0, green=256, blue=0)


@pytest.mark.parametrize(
    ("options", "meant", "warnings"),
    [
        (
            Options(fit=Fit.STRETCH),
            Options(),
            ('"stretch" has no size to work with, so nothing was resized',),
        ),
        (
            Options(width=5, quality=Preset.LOSSLESS),
            Options(width=5, quality=Preset.HIGH),
            ('"quality=lossless" holds only without resizing; "quality=high" was used instead',),
        ),
        (Options(width=5, gravity=Gravity.TOP), Options(width=5), ()),
        (Options(quality=Preset.LOSSLESS, dpr=2), Options(quality=Preset.LOSSLESS, dpr=2), ()),
    ],
)
def test_options_put_together_by_hand_settle_as_parsed_ones_do(
    options: Options, meant: Options, warnings: tuple[str, ...]
) -> None:
    parsed = settled(options)

    assert parsed.options == meant
    assert parsed.warnings == warnings
    assert canonical(options) == canonical(meant)

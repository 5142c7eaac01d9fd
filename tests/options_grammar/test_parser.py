"""Options as people and clients write them: what is put right, what is refused, and how."""

import pytest

from options_grammar import (
    Color,
    Fit,
    FocalPoint,
    Format,
    Gravity,
    Options,
    OptionsError,
    Preset,
    parse,
)
from options_grammar.parser import MAX_ITEMS

_POINT = FocalPoint(x=0.3, y=0.2)


@pytest.mark.parametrize(
    ("text", "meaning", "warnings"),
    [
        pytest.param(
            "160x100,crop,2x,quality=low,timeout=34.5,bgcolor=FFffFF",
            Options(
                width=160, height=100, dpr=2, fit=Fit.CROP, quality=Preset.LOW, timeout_seconds=34.5
            ),
            [],
            id="the PHP client",
        ),
        pytest.param(
            "quality=medium,timeout=100,multiply=2x,fit,scaleDown,crop,trim=border,"
            "format=jpeg,300x400",
            Options(
                width=300,
                height=400,
                dpr=2,
                fit=Fit.CROP,
                trims_border=True,
                format=Format.JPEG,
                timeout_seconds=100,
            ),
            [
                'read "multiply=2x" as "2x"',
                'read "scaleDown" as "scale-down"',
                '"fit" and "scaleDown" contradict each other; the last one was used',
                '"scaleDown" and "crop" contradict each other; the last one was used',
            ],
            id="the npm client with everything",
        ),
        pytest.param(
            "quality=low,timeout=30,crop=auto,300x400",
            Options(width=300, height=400, fit=Fit.CROP, gravity=Gravity.AUTO, quality=Preset.LOW),
            [],
            id="the npm client with an automatic crop",
        ),
        pytest.param(
            "quality=medium,timeout=30,cropX=0.3,cropY=0.2,300x400,0.3x0.2",
            Options(width=300, height=400, fit=Fit.CROP, gravity=_POINT),
            ['read "cropX=0.3,cropY=0.2,0.3x0.2" as "crop=0.3x0.2"'],
            id="the npm client with a focal point",
        ),
        pytest.param(
            "cropY=0.2,300x400,crop,cropX=0.3",
            Options(width=300, height=400, fit=Fit.CROP, gravity=_POINT),
            ['read "cropY=0.2,crop,cropX=0.3" as "crop=0.3x0.2"'],
            id="halves of a focal point beside a bare crop",
        ),
        pytest.param(
            "FFccFF,lossless,crop=50x20,300x400",
            Options(
                width=300,
                height=400,
                fit=Fit.CROP,
                gravity=FocalPoint(x=0.5, y=0.2),
                quality=Preset.HIGH,
                background=Color(red=255, green=204, blue=255),
            ),
            [
                'read "FFccFF" as "bgcolor=ffccff"',
                'read "lossless" as "quality=lossless"',
                'read "crop=50x20" as "crop=0.5x0.2"',
                '"quality=lossless" holds only without resizing; "quality=high" was used instead',
            ],
            id="the .NET client",
        ),
        pytest.param(
            "quality=high,format=jpg",
            Options(quality=Preset.HIGH, format=Format.JPEG),
            [],
            id="Java",
        ),
        pytest.param("400,2x", Options(width=400, dpr=2), [], id="a srcset"),
        pytest.param(
            "meta,timeout=3", Options(wants_meta=True, timeout_seconds=3), [], id="facts alone"
        ),
        pytest.param(
            "full,300",
            Options(width=300),
            ['"full" and "300" contradict each other; the size was used'],
            id="a size wins over full",
        ),
        pytest.param(
            "300,full",
            Options(width=300),
            ['"full" and "300" contradict each other; the size was used'],
            id="a size wins over a full that follows it",
        ),
        pytest.param(
            "fit",
            Options(),
            ['"fit" has no size to work with, so nothing was resized'],
            id="fit without a size",
        ),
        pytest.param(
            "stretch",
            Options(),
            ['"stretch" has no size to work with, so nothing was resized'],
            id="stretch without a size",
        ),
        pytest.param(
            "1x,2x",
            Options(dpr=2),
            ['"1x" and "2x" contradict each other; the last one was used'],
            id="the last of two contradictory options wins",
        ),
        pytest.param(
            "300x400,200",
            Options(width=200),
            ['"300x400" and "200" contradict each other; the last one was used'],
            id="the last size wins whole",
        ),
        pytest.param(
            "9x9,crop=top,fit,crop",
            Options(width=9, height=9, fit=Fit.CROP),
            [
                '"crop=top" and "fit" contradict each other; the last one was used',
                '"fit" and "crop" contradict each other; the last one was used',
            ],
            id="an overruled crop leaves no gravity behind",
        ),
        pytest.param(
            "meta,meta",
            Options(wants_meta=True),
            ['"meta" and "meta" say the same; once is enough'],
            id="said twice",
        ),
        pytest.param(
            "meta,,2x,",
            Options(wants_meta=True, dpr=2),
            ["an empty option between commas was left out"],
            id="commas too many",
        ),
        pytest.param(
            "meta, 2x",
            Options(wants_meta=True, dpr=2),
            ["blanks around options were left out"],
            id="a blank after the comma",
        ),
        pytest.param(
            "qualtiy=hihg",
            Options(quality=Preset.HIGH),
            ['read "qualtiy=hihg" as "quality=high"'],
            id="two words misspelled",
        ),
        pytest.param(
            "9x9,stretched",
            Options(width=9, height=9, fit=Fit.STRETCH),
            ['read "stretched" as "stretch"'],
            id="a misspelled mode",
        ),
        pytest.param("600x", Options(width=600), ['read "600x" as "600"'], id="a size cut short"),
        pytest.param(
            "h=300,q=80,cover,w=400",
            Options(width=400, height=300, fit=Fit.CROP, quality=80),
            [
                'read "q=80" as "quality=80"',
                'read "cover" as "crop"',
                'read "h=300,w=400" as "400x300"',
            ],
            id="the short keys of other services",
        ),
        pytest.param(
            "width=400,h=300,contain,q=hihg",
            Options(width=400, height=300, quality=Preset.HIGH),
            [
                'read "width=400,h=300" as "400x300"',
                'read "contain" as "scale-down"',
                'read "q=hihg" as "quality=high"',
            ],
            id="a long half and a short one",
        ),
        pytest.param(
            "1e9",
            Options(background=Color(red=0x11, green=0xEE, blue=0x99)),
            ['read "1e9" as "bgcolor=1e9"'],
            id="three hexadecimal digits with a letter are a color",
        ),
    ],
)
def test_what_was_meant_is_done(text: str, meaning: Options, warnings: list[str]) -> None:
    parsed = parse(text)

    assert parsed.options == meaning
    assert list(parsed.warnings) == warnings


def test_as_many_options_as_are_allowed_are_read() -> None:
    assert parse(",".join(["2x"] * MAX_ITEMS)).options.dpr == 2


def test_a_word_of_another_service_is_not_mistaken_for_a_misspelling_of_ours() -> None:
    # One letter from `full` and from `format=gif`, and neither is meant.
    for text in ("9x9,fill", "format=tif"):
        with pytest.raises(OptionsError) as caught:
            parse(text)
        assert "did you mean" not in caught.value.message

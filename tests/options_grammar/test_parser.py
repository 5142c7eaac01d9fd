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
from options_grammar.parser import MAX_ITEMS, MAX_OPTIONS_CHARACTERS

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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(
            "100x100,wat=9,quality=low",
            'unknown option "wat=9"\n    100x100,wat=9,quality=low\n            ^^^^^',
            id="nothing like it",
        ),
        pytest.param(
            "300,crop=auto",
            '"crop" needs both a width and a height, as in "100x100,crop"\n'
            "    300,crop=auto\n"
            "        ^^^^^^^^^",
            id="a crop with a width alone",
        ),
        pytest.param(
            "2x,format=weba",
            "format is auto, jpeg, png, webp, avif, gif, webm, h264 or jpg, "
            'not "weba"; did you mean "webm" or "webp"?\n'
            "    2x,format=weba\n"
            "              ^^^^",
            id="as close to one known value as to another",
        ),
        pytest.param(
            "meta,cropp%3Dup",
            'crop keeps auto, top, left, right, bottom or a focal point, not "up"\n'
            "    meta,cropp%3Dup\n"
            "                 ^^",
            id="a wrong value behind a misspelled key",
        ),
        pytest.param(
            "meta%2Cbgcolour%3Dred",
            'a color is 3 or 6 hexadecimal digits, not "red"\n'
            "    meta%2Cbgcolour%3Dred\n"
            "                      ^^^",
            id="the marker finds its place between escapes",
        ),
        pytest.param(
            "2x,quolity",
            'unknown option "quolity"; did you mean "quality"?\n    2x,quolity\n       ^^^^^^^',
            id="a misspelled key without a value",
        ),
        pytest.param(
            "top",
            'unknown option "top"; did you mean "crop=top"?\n    top\n    ^^^',
            id="a value without its option",
        ),
        pytest.param(
            "336699",
            'a width is at most 10000, and "336699" is more; did you mean "bgcolor=336699"?\n'
            "    336699\n"
            "    ^^^^^^",
            id="a color without a letter",
        ),
        pytest.param(
            "20000x",
            'a width is a whole number from 1 to 10000, not "20000"\n    20000x\n    ^^^^^^',
            id="a width that ends like a ratio and is too large",
        ),
        pytest.param(
            "5x",
            'a device pixel ratio is a number from 0.01 to 4, not "5"\n    5x\n    ^^',
            id="a ratio that is too large",
        ),
        pytest.param(
            "q=best",
            "quality is low, medium, high, lossless, or the target score, which is a whole number "
            'from 1 to 100, not "best"\n    q=best\n      ^^^^',
            id="a short key with a wrong value",
        ),
        pytest.param(
            "quality",
            '"quality" needs a value, as in "quality=low"\n    quality\n    ^^^^^^^',
            id="an option without its value",
        ),
        pytest.param(
            "full=1",
            '"full" takes no value\n    full=1\n    ^^^^^^',
            id="a value where none belongs",
        ),
        pytest.param("", 'there are no options; "full" stands for none', id="nothing at all"),
        pytest.param(
            "m\u00e9ta\n\u202e",
            'unknown option "m?ta??"; did you mean "meta"?\n    m?ta??\n    ^^^^^^',
            id="nothing unprintable is repeated",
        ),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place_marked(text: str, shown: str) -> None:
    with pytest.raises(OptionsError) as caught:
        parse(text)

    assert str(caught.value) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("0", "0x0", "10001", "10001x1", "1x10001", "-5", "-5x5", "+5", "100.5", "100.5x200"),
        *("9" * 400, "9" * 400 + "x", "1x" + "9" * 400, "1e9x100", "\u0663\u0660\u0660", "\u00b2x"),
        *("0x", "4.01x", "5x", "nanx", "infx", "1e0x", "multiply=9", "dpr=-1", "1..5x", "."),
        *("crop=1.5x0.2", "crop=150x20", "crop=50x0.5", "crop=0.5", "crop=nanxinf", "crop="),
        *("crop=-1x0", "cropX=2", "cropX=", "width=", "width=0,height=0", "0.5x1.5"),
        *("bgcolor=", "bgcolor=F", "bgcolor=FFFF", "bgcolor=GGG", "bgcolor=red", "ffff"),
        *("quality=", "quality=0", "quality=101", "quality=-1", "quality=72.5", "quality=1e1"),
        *("format=tif", "format=jxl", "format=jp2", "format=svg", "format=", "fill", "format"),
        *("timeout=0", "timeout=-1", "timeout=nan", "timeout=inf", "timeout=1e9", "timeout=3601"),
        *("timeout=" + "9" * 300, "timeout=3600.0001", "timeout=0.0001", "timeout=\u0663"),
        *("300,crop", "x300,pad", "300,stretch", "trim=yes", "meta=1", "fit=crop", "=", "=5"),
        *("%00", "\x00", "a" * 1999, "qualityqualityqualityquality=low", ",", " "),
    ],
)
def test_a_value_without_meaning_is_refused(text: str) -> None:
    with pytest.raises(OptionsError) as caught:
        parse(text)

    error = caught.value
    start, end = error.span
    assert 0 <= start <= end <= len(error.text)
    assert error.code.startswith("option")
    assert "\n" not in error.message
    assert str(error).isascii()
    assert len(error.message) < 300


def test_a_refusal_never_repeats_more_than_a_sentence_can_bear() -> None:
    with pytest.raises(OptionsError) as caught:
        parse("w" * 100)

    assert caught.value.message == f'unknown option "{"w" * 60}..."'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "options_missing"),
        (",,", "options_missing"),
        ("x" * (MAX_OPTIONS_CHARACTERS + 1), "options_too_long"),
        (",".join(["2x"] * (MAX_ITEMS + 1)), "options_too_many"),
        ("wat", "option_unknown"),
        ("quality=0", "option_value_invalid"),
        ("5,pad", "options_size_incomplete"),
    ],
)
def test_the_code_of_a_refusal_tells_its_kind(text: str, code: str) -> None:
    with pytest.raises(OptionsError) as caught:
        parse(text)

    assert caught.value.code == code


def test_as_many_options_as_are_allowed_are_read() -> None:
    assert parse(",".join(["2x"] * MAX_ITEMS)).options.dpr == 2


def test_a_word_of_another_service_is_not_mistaken_for_a_misspelling_of_ours() -> None:
    # One letter from `full` and from `format=gif`, and neither is meant.
    for text in ("9x9,fill", "format=tif"):
        with pytest.raises(OptionsError) as caught:
            parse(text)
        assert "did you mean" not in caught.value.message

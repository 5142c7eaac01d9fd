"""Options that cannot be understood: refused, with the place marked."""

import pytest

from options_grammar import (
    OptionsError,
    parse,
)
from options_grammar.parser import MAX_ITEMS, MAX_OPTIONS_CHARACTERS


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

"""Every row of the table says what it means, and its own spellings pass without a word."""

import pytest

from options_grammar import Color, Fit, FocalPoint, Format, Gravity, Keep, Options, Preset, parse
from options_grammar.docs import near_examples
from options_grammar.rows import Row
from options_grammar.table import BY_KEY, TABLE, WORDS

_MEANINGS = [
    ("full", Options()),
    ("300", Options(width=300)),
    ("1", Options(width=1)),
    ("10000x10000", Options(width=10_000, height=10_000)),
    ("300x400", Options(width=300, height=400)),
    ("x400", Options(height=400)),
    ("1x", Options()),
    ("full,2x", Options(dpr=2)),
    ("3x,130,quality=high", Options(width=130, dpr=3, quality=Preset.HIGH)),
    ("100,1.5x", Options(width=100, dpr=1.5)),
    ("100,.5x", Options(width=100, dpr=0.5)),
    ("100,4x", Options(width=100, dpr=4)),
    ("100,scale-down", Options(width=100)),
    ("100,fit", Options(width=100, fit=Fit.FIT)),
    ("10x20,crop", Options(width=10, height=20, fit=Fit.CROP)),
    ("10x20,crop=auto", Options(width=10, height=20, fit=Fit.CROP, gravity=Gravity.AUTO)),
    ("10x20,crop=top", Options(width=10, height=20, fit=Fit.CROP, gravity=Gravity.TOP)),
    ("10x20,crop=left", Options(width=10, height=20, fit=Fit.CROP, gravity=Gravity.LEFT)),
    ("10x20,crop=right", Options(width=10, height=20, fit=Fit.CROP, gravity=Gravity.RIGHT)),
    ("10x20,crop=bottom", Options(width=10, height=20, fit=Fit.CROP, gravity=Gravity.BOTTOM)),
    (
        "10x20,crop=0.5x0.2",
        Options(width=10, height=20, fit=Fit.CROP, gravity=FocalPoint(x=0.5, y=0.2)),
    ),
    (
        "10x20,crop=0x1",
        Options(width=10, height=20, fit=Fit.CROP, gravity=FocalPoint(x=0, y=1)),
    ),
    ("10x20,pad", Options(width=10, height=20, fit=Fit.PAD)),
    ("10x20,stretch", Options(width=10, height=20, fit=Fit.STRETCH)),
    ("trim=border", Options(trims_border=True)),
    ("bgcolor=FFffFF", Options()),
    ("bgcolor=F80", Options(background=Color(red=255, green=136, blue=0))),
    ("bgcolor=010203", Options(background=Color(red=1, green=2, blue=3))),
    ("quality=low", Options(quality=Preset.LOW)),
    ("quality=medium", Options()),
    ("quality=high", Options(quality=Preset.HIGH)),
    ("quality=lossless", Options(quality=Preset.LOSSLESS)),
    ("quality=1", Options(quality=1)),
    ("quality=100", Options(quality=100)),
    ("format=auto", Options()),
    ("format=jpeg", Options(format=Format.JPEG)),
    ("format=jpg", Options(format=Format.JPEG)),
    ("format=png", Options(format=Format.PNG)),
    ("format=webp", Options(format=Format.WEBP)),
    ("format=avif", Options(format=Format.AVIF)),
    ("format=gif", Options(format=Format.GIF)),
    ("format=webm", Options(format=Format.WEBM)),
    ("format=h264", Options(format=Format.H264)),
    ("keep=none", Options()),
    ("keep=exif", Options(keep=frozenset({Keep.EXIF}))),
    ("keep=copyright", Options(keep=frozenset({Keep.COPYRIGHT}))),
    ("keep=creation", Options(keep=frozenset({Keep.CREATION}))),
    ("keep=location", Options(keep=frozenset({Keep.LOCATION}))),
    (
        "keep=location+copyright",
        Options(keep=frozenset({Keep.COPYRIGHT, Keep.LOCATION})),
    ),
    ("timeout=34.5", Options(timeout_seconds=34.5)),
    ("timeout=30", Options()),
    ("timeout=0.001", Options(timeout_seconds=0.001)),
    ("timeout=3600", Options(timeout_seconds=3600)),
    ("meta", Options(wants_meta=True)),
    ("trim=border,quality=lossless", Options(trims_border=True, quality=Preset.LOSSLESS)),
]


@pytest.mark.parametrize(("text", "meaning"), _MEANINGS, ids=[text for text, _ in _MEANINGS])
def test_an_option_means_what_the_contract_says(text: str, meaning: Options) -> None:
    parsed = parse(text)

    assert parsed.options == meaning
    assert parsed.warnings == ()


@pytest.mark.parametrize(("text", "meaning"), _MEANINGS, ids=[text for text, _ in _MEANINGS])
def test_case_escaped_separators_and_bytes_change_no_meaning(text: str, meaning: Options) -> None:
    escaped = text.replace(",", "%2C").replace("=", "%3d")

    for other in (text.upper(), escaped, text.encode()):
        assert parse(other).options == meaning
        assert parse(other).warnings == ()


def test_numbers_are_kept_to_so_many_places_that_one_meaning_has_one_text() -> None:
    parsed = parse("9x9,1.23456x,crop=0.123456x0.99999,timeout=1.23456")

    assert parsed.options.dpr == 1.23
    assert parsed.options.gravity == FocalPoint(x=0.1235, y=1)
    assert parsed.options.timeout_seconds == 1.235


@pytest.mark.parametrize("row", TABLE, ids=[row.name for row in TABLE])
def test_the_example_of_a_row_is_understood_without_a_warning(row: Row) -> None:
    assert parse(row.example).warnings == ()


def test_no_two_rows_claim_the_same_word_or_key() -> None:
    words = [word for row in TABLE for word in row.words]
    keys = [row.key for row in TABLE if row.key]

    assert len(words) == len(WORDS)
    assert len(keys) == len(BY_KEY)


@pytest.mark.parametrize(("written", "meant"), near_examples())
def test_a_near_miss_costs_one_warning_and_means_our_spelling(written: str, meant: str) -> None:
    parsed = parse(f"{written},7x7" if "crop" in meant else written)
    ours = parse(f"{meant},7x7" if "crop" in meant else meant)

    assert parsed.options == ours.options
    assert parsed.warnings == (f'read "{written}" as "{meant}"',)
    assert ours.warnings == ()

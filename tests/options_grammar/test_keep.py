"""`keep`: parts of EXIF, in whatever order and under whatever name people ask for them."""

import pytest

from options_grammar import Keep, Options, OptionsError, cache_text, canonical, parse

KEEP_IS = 'keep is exif, copyright, creation or location, joined by "+", or none'


@pytest.mark.parametrize(
    ("text", "canonical_text"),
    [
        ("keep=location+copyright", "keep=copyright+location"),
        ("keep=location+creation+copyright", "keep=copyright+creation+location"),
        ("keep=Copyright%2BLocation", "keep=copyright+location"),
        ("keep=location+exif", "keep=exif"),
        ("keep=copyright+copyright", "keep=copyright"),
        ("keep=none", "full"),
        ("300,keep=exif,quality=low", "300,quality=low,keep=exif"),
    ],
)
def test_one_meaning_has_one_text_and_no_warning(text: str, canonical_text: str) -> None:
    parsed = parse(text)

    assert canonical(parsed.options) == canonical_text
    assert parsed.warnings == ()


def test_what_is_kept_is_part_of_what_the_cache_knows_a_result_by() -> None:
    texts = {cache_text(Options(keep=frozenset({part}))) for part in Keep}

    assert len(texts | {cache_text(Options())}) == 1 + len(Keep)


def test_options_put_together_by_hand_keep_all_of_exif_or_parts_of_it() -> None:
    both = Options(keep=frozenset(Keep))

    assert canonical(both) == "keep=exif"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("keep=all", "keep=exif"),
        ("keep=metadata", "keep=exif"),
        ("keep=gps", "keep=location"),
        ("keep=author", "keep=copyright"),
        ("keep=date", "keep=creation"),
        ("keep=copyrigth", "keep=copyright"),
        ("keep=copyright location", "keep=copyright+location"),
        ("keep=copyright%20location", "keep=copyright+location"),
        ("keep=copyright|gps", "keep=copyright+location"),
        ("keep=copyright+", "keep=copyright"),
        ("keep_exif", "keep=exif"),
        ("keepexif", "keep=exif"),
        ("keep-exif", "keep=exif"),
        ("withMetadata", "keep=exif"),
        ("keep_exif=true", "keep=exif"),
        ("keep_exif=0", "keep=none"),
        ("keepExif=no", "keep=none"),
        ("preserve=copyright+creation", "keep=copyright+creation"),
        ("metadata=copyright", "keep=copyright"),
        ("metadata=keep", "keep=exif"),
        ("metadata=none", "keep=none"),
        ("kep=exif", "keep=exif"),
    ],
)
def test_other_ways_to_say_it_are_done_as_meant_with_a_warning(written: str, meant: str) -> None:
    parsed = parse(written)

    assert parsed.options == parse(meant).options
    assert parsed.warnings == (f'read "{written}" as "{meant}"',)


def test_of_two_that_differ_the_last_one_counts_with_a_warning() -> None:
    parsed = parse("keep=copyright,keep=location")

    assert parsed.options.keep == {Keep.LOCATION}
    assert parsed.warnings == (
        '"keep=copyright" and "keep=location" contradict each other; the last one was used',
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "full,keep=nothing",
            f'{KEEP_IS}, not "nothing"\n    full,keep=nothing\n              ^^^^^^^',
        ),
        (
            "keep=none+gps",
            f'{KEEP_IS}, not "none+gps"\n    keep=none+gps\n         ^^^^^^^^',
        ),
        (
            "keep",
            '"keep" needs a value, as in "keep=copyright+location"\n    keep\n    ^^^^',
        ),
        (
            "keep_exif=perhaps",
            'unknown option "keep_exif=perhaps"\n    keep_exif=perhaps\n    ^^^^^^^^^^^^^^^^^',
        ),
        (
            "100,gps,copyright",
            'unknown option "gps"\n    100,gps,copyright\n        ^^^',
        ),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(OptionsError) as refusal:
        parse(text)

    assert str(refusal.value) == message

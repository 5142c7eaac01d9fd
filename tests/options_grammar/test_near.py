"""Misspelled words and the known ones closest to them."""

import pytest

from options_grammar.near import meant, mistakes, suggestions


@pytest.mark.parametrize(
    ("left", "right", "count"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("crop", "crop", 0),
        ("crp", "crop", 1),
        ("croop", "crop", 1),
        ("drop", "crop", 1),
        ("corp", "crop", 1),
        ("qualtiy", "quality", 1),
        ("stretched", "stretch", 2),
        # The restricted distance: no letter is changed between two that were swapped.
        ("ca", "abc", 3),
    ],
)
def test_mistakes_are_counted_alike_from_both_sides(left: str, right: str, count: int) -> None:
    assert mistakes(left, right) == count
    assert mistakes(right, left) == count


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        pytest.param("hihg", ["low", "high"], "high", id="one mistake in a short word"),
        pytest.param("hgi", ["low", "high"], None, id="two mistakes in a short word"),
        pytest.param("timeuot", ["timeout"], "timeout", id="one mistake in a long word"),
        pytest.param("timuotx", ["timeout"], None, id="three mistakes in a long word"),
        pytest.param("web", ["webp", "webm"], None, id="two words as close"),
        pytest.param("lo", ["low"], None, id="too short to tell"),
        pytest.param("x" * 21, ["x" * 20], None, id="too long to be ours"),
        pytest.param("abc", [], None, id="nothing is known"),
    ],
)
def test_only_one_close_word_is_taken_as_meant(
    word: str, known: list[str], found: str | None
) -> None:
    assert meant(word, known) == found


def test_suggestions_reach_further_than_what_is_taken_and_name_at_most_three() -> None:
    assert suggestions("timuotx", ["timeout", "trim"]) == ["timeout"]
    assert suggestions("ab", ["aa", "ac", "ad", "ae"]) == ["aa", "ac", "ad"]
    assert suggestions("wat", ["full", "crop"]) == []

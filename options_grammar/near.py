"""Which known word a misspelled one was meant to be."""

from collections.abc import Iterable

# Longer words are nobody's misspelling of ours; this also bounds the work.
_MAX_CHARACTERS = 20


def meant(word: str, known: Iterable[str]) -> str | None:
    """The one known word that `word` misspells, or None when none or several are as close.

    One mistake is forgiven in a word of three letters or more, two in a word of six or more.
    """
    if not 3 <= len(word) <= _MAX_CHARACTERS:
        return None
    closest = _closest(word, known, max_mistakes=1 if len(word) < 6 else 2)
    return closest[0] if len(closest) == 1 else None


def suggestions(word: str, known: Iterable[str]) -> list[str]:
    """Known words worth naming to somebody who wrote `word`: the closest, at most three."""
    if not 2 <= len(word) <= _MAX_CHARACTERS:
        return []
    return _closest(word, known, max_mistakes=max(1, min(3, len(word) // 2)))[:3]


def mistakes(left: str, right: str) -> int:
    """Letters to add, drop, change or swap with a neighbor to make one word of the other.

    The restricted Damerau-Levenshtein distance ("optimal string alignment").
    """
    before_last: list[int] = []
    last = list(range(len(right) + 1))
    for row, letter in enumerate(left, start=1):
        current = [row]
        for column, other in enumerate(right, start=1):
            fewest = min(
                last[column] + 1,
                current[column - 1] + 1,
                last[column - 1] + (letter != other),
            )
            is_swap = row > 1 and column > 1 and letter == right[column - 2]
            if is_swap and left[row - 2] == other:
                fewest = min(fewest, before_last[column - 2] + 1)
            current.append(fewest)
        before_last, last = last, current
    return last[-1]


def _closest(word: str, known: Iterable[str], *, max_mistakes: int) -> list[str]:
    # Words whose lengths differ by more than that cannot be so close.
    of_like_length = (other for other in known if abs(len(word) - len(other)) <= max_mistakes)
    distances = {other: mistakes(word, other) for other in of_like_length}
    fewest = min(distances.values(), default=max_mistakes + 1)
    if fewest > max_mistakes:
        return []
    return sorted(other for other, distance in distances.items() if distance == fewest)

"""How well the search does: targets met, overshoot, encodings, and refinement that never harms.

Over photographs and graphics, both sizes, for every kind of client, at the preset medium.
"""

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.quality.bench import TIERS, Bench
from benchmarks.quality.limits import ATTEMPTS, OVERSHOOT_POINTS, SHARE_OF_TARGETS_MET, Limit
from benchmarks.quality.ours import OPENINGS, Answer
from benchmarks.quality.pictures import Kind, Picture
from benchmarks.quality.rows import answer_row
from imgproxy_py.engine.job import Tier

UNREACHABLE = "unreachable"

Given = list[tuple[Picture, Answer]]


def run(bench: Bench) -> list[Limit]:
    live, settled = (_given(bench, tier) for tier in TIERS)
    return [
        *_met(live, Tier.LIVE),
        *_met(settled, Tier.SETTLED),
        *_attempts(live),
        _refinement(live, settled),
    ]


def _given(bench: Bench, tier: Tier) -> Given:
    return [
        (picture, bench.answer(picture, opening, tier))
        for size in bench.sizes
        for kind in Kind
        for picture in bench.comparable(kind, size)
        for opening in OPENINGS
    ]


def _met(given: Given, tier: Tier) -> Iterator[Limit]:
    reachable = [pair for pair in given if pair[1].stop != UNREACHABLE]
    missed = [pair for pair in reachable if _overshoot(pair[1]) < 0]
    print(f"\n{tier}: {len(given)} answers, {len(given) - len(reachable)} said unreachable")
    _print_all("unreachable", [pair for pair in given if pair[1].stop == UNREACHABLE])
    _print_all("missed", missed)
    share = 1 - len(missed) / len(reachable) if reachable else None
    yield Limit(
        name=f"share of targets met, {tier}",
        value=share,
        bound=SHARE_OF_TARGETS_MET,
        is_floor=True,
    )
    over = [_overshoot(answer) for _, answer in reachable if answer.is_searched]
    middle = statistics.median(over) if over else None
    yield Limit(name=f"median overshoot, {tier}", value=middle, bound=OVERSHOOT_POINTS)


def _attempts(given: Given) -> Iterator[Limit]:
    """Encodings that one recipe was given in one search, looks ahead by quicker means apart."""
    by_recipe: dict[str, list[int]] = {}
    for _, answer in given:
        for recipe, encodings in answer.searches.items():
            by_recipe.setdefault(recipe, []).append(encodings)
    for recipe, counts in sorted(by_recipe.items()):
        middle = statistics.median(counts)
        print(f"  {recipe:20}{len(counts):4} searches, median {middle:g} encodings")
    full = [each for recipe, each_ in by_recipe.items() if not _is_look(recipe) for each in each_]
    value = statistics.median(full) if full else None
    yield Limit(name="median attempts, live", value=value, bound=ATTEMPTS)


def _is_look(recipe: str) -> bool:
    """A quicker sibling, or a sample of a large picture."""
    return recipe.endswith((" quick", " tiles"))


def _refinement(live: Given, settled: Given) -> Limit:
    """What was refined may neither weigh more than the first answer nor miss what that met."""
    harmed = [
        (picture, after)
        for (picture, before), (_, after) in zip(live, settled, strict=True)
        if after.bytes > before.bytes and _overshoot(before) >= 0
    ]
    _print_all("larger when settled", harmed)
    return Limit(name="answers that refinement made larger", value=float(len(harmed)), bound=0.0)


def _overshoot(answer: Answer) -> float:
    assert answer.asked is not None
    return answer.score - answer.asked


def _print_all(word: str, given: Sequence[tuple[Picture, Answer]]) -> None:
    for picture, answer in given:
        print(f"  {word}: {answer_row(picture, answer, None)}")

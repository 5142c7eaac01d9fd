"""What the benchmark's commands have in common: corpus, cache, judge."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.quality.baselines import Baselines
from benchmarks.quality.bench import Bench
from benchmarks.quality.cache import Cache
from benchmarks.quality.judges import CommandJudge, Judge, OwnJudge
from benchmarks.quality.pictures import Size

CORPUS_VARIABLE = "IMGPROXY_PY_CORPUS"


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """`cache` is None where nothing is kept; `is_quick` asks for a few, small pictures."""

    corpus: Path
    cache: Path | None
    judge: Judge
    is_quick: bool
    sizes: tuple[Size, ...]
    out: Path
    sections: tuple[str, ...]

    def baselines(self) -> Baselines:
        return Baselines(cache=Cache(self.cache), judge=self.judge)

    def bench(self) -> Bench:
        return Bench(
            corpus=self.corpus,
            baselines=self.baselines(),
            sizes=self.sizes,
            is_quick=self.is_quick,
        )


def read_arguments(description: str) -> Arguments:
    """From the command line; without a corpus it says how to name one, and ends."""
    parser = _parser(description)
    given = parser.parse_args()
    if given.corpus is None:
        parser.error(f"no pictures: set {CORPUS_VARIABLE} or give --corpus")
    return Arguments(
        corpus=Path(given.corpus),
        cache=given.cache,
        judge=CommandJudge(given.judge) if given.judge else OwnJudge(),
        is_quick=given.quick,
        sizes=(Size.SMALL,) if given.quick else tuple(given.size or Size),
        out=given.out,
        sections=tuple(given.sections),
    )


def _parser(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    corpus_help = f"folder with photos/ and graphics/ (default: ${CORPUS_VARIABLE})"
    add("--corpus", default=os.environ.get(CORPUS_VARIABLE), help=corpus_help)
    add("--cache", type=Path, help="folder that keeps what does not change")
    add("--judge", help='another metric: a command such as "tool {reference} {result}"')
    add("--quick", action="store_true", help="a few pictures at 500 px, about a minute")
    add("--size", type=Size, choices=list(Size), action="append", help="only this size")
    add("--out", type=Path, default=Path("sheet.png"), help="where the contact sheet goes")
    add("sections", nargs="*", help="only these parts of the benchmark")
    return parser

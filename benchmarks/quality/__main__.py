"""The quality benchmark: `python -m benchmarks.quality [--quick] [--cache FOLDER]`.

Prints one row per picture and encoder, totals, and whether each limit holds; ends with 1 when one
does not. `benchmarks.quality.contact_sheet` draws the worst pictures, `benchmarks.quality.priors`
measures where a search should start.
"""

import sys

from benchmarks.quality import (
    bound,
    costs,
    fixed_defaults,
    graphics,
    photographs,
    searches,
    second_judge,
)
from benchmarks.quality.arguments import read_arguments
from benchmarks.quality.limits import Limit, verdicts

SECTIONS = {
    "photographs": photographs.run,
    "bound": bound.run,
    "searches": searches.run,
    "fixed": fixed_defaults.run,
    "graphics": graphics.run,
    "costs": costs.run,
    "butteraugli": second_judge.run,
}


def main() -> int:
    arguments = read_arguments("Bytes at equal score, beside what others would have answered.")
    bench = arguments.bench()
    limits: list[Limit] = []
    for name, run in SECTIONS.items():
        if not arguments.sections or name in arguments.sections:
            limits += run(bench)
            sys.stdout.flush()
    print(f"\nLimits (scores by {arguments.judge.name})")
    print("\n".join(verdicts(limits)))
    return 0 if all(limit.holds for limit in limits) else 1


if __name__ == "__main__":
    sys.exit(main())

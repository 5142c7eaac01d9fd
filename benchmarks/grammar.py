"""How long it takes to read the options that real clients send, and to write them canonically.

`python -m benchmarks.grammar` prints microseconds of processor time for each text: the best of
several rounds, for a busy machine only adds to it.
"""

import time
import timeit
from collections.abc import Callable
from functools import partial

from options_grammar import canonical, cut, parse

OPTIONS = (
    "full",
    "100x100,2x,crop=auto,quality=low",
    "160x100,crop,2x,quality=low,timeout=34.5,bgcolor=FFffFF",
    "250x250,crop=0.5x0.2,quality=low",
    "quality=high,format=jpg",
    "4096x2048,stretch",
    # The slow road: near-misses, contradictions, a spelling mistake.
    "quality=medium,timeout=30,cropX=0.3,cropY=0.2,300x400,0.3x0.2",
    "quality=medium,timeout=100,multiply=2x,fit,scaleDown,crop,trim=border,format=jpeg,300x400",
    "100x100,qualty=low",
    # The worst case: as many misspelled items as are read.
    ",".join(["qualtiy=hihg"] * 32),
)
PATHS = (
    (b"/u/quality=low/https://host/api", b"url=https://x.y/z&width=640&height=360"),
    (b"/u/full/http%3A%2F%2Fexample.com%2Fa%20b%2F%C3%A9%252F%2Cc.png%3Fx%3D1%26y%3D2%23f", b""),
)
_ROUNDS = 7
_CALLS = 200


def main() -> None:
    print("microseconds  options text (parse + canonical)")
    for text in OPTIONS:
        print(f"{_microseconds(partial(_options, text)):12.1f}  {text[:100]}")
    print("microseconds  path (cut)")
    for raw_path, query in PATHS:
        print(f"{_microseconds(partial(cut, raw_path, query)):12.1f}  {raw_path.decode()[:100]}")


def _options(text: str) -> str:
    return canonical(parse(text).options)


def _microseconds(call: Callable[[], object]) -> float:
    rounds = timeit.repeat(call, timer=time.process_time, repeat=_ROUNDS, number=_CALLS)
    return min(rounds) / _CALLS * 1e6


if __name__ == "__main__":
    main()

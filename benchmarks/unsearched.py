"""Presets as start qualities: the engine without its search, for a benchmark's sake alone.

The product has no such path. Peers encode once, at a fixed quality, and score nothing: what a
request costs beside its picture can be compared with theirs only where the engine does the same.

A server's template inherits `PYTHONPATH`, and Python imports a `sitecustomize` that it finds there:
so this reaches the engine before its first child is forked, and the product knows nothing of it.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

_PROJECT = Path(__file__).parents[1]


@contextmanager
def unsearched(scratch: Path) -> Iterator[None]:
    """Servers that are started meanwhile encode once, at the preset's usual quality."""
    scratch.mkdir(parents=True, exist_ok=True)
    hook = f"import {__name__}\n{__name__}.{begin_and_end_at_once.__name__}()\n"
    Path(scratch, "sitecustomize.py").write_text(hook)
    path = os.pathsep.join((str(scratch), str(_PROJECT), *_path_of_ours()))
    with patch.dict(os.environ, PYTHONPATH=path):
        yield


def begin_and_end_at_once() -> None:
    """From now on, in this process and its forks, each contender makes one unscored entry."""
    if "imgproxy_py.workers.template" not in sys.orig_argv:
        return
    from imgproxy_py.engine.contender import Contender, Entry

    def look_ahead(_contender: Contender) -> float | None:
        return None

    def finish(contender: Contender, _limit_bytes: int | None = None) -> Entry | None:
        method = contender._method
        entry = contender._only_entry(100 if method is None else method.prior.start)
        return replace(entry, stop="target")  # who is below it would be tried in other ways

    for instead in (look_ahead, finish):
        setattr(Contender, instead.__name__, instead)


def _path_of_ours() -> tuple[str, ...]:
    return tuple(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))

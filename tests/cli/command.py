"""Runs the command line in a process of its own, as a person would."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.warm import PROJECT, Warm

__all__ = ["PROJECT", "Ended", "environment", "run"]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """A clean environment with `settings` by their names without the prefix."""
    kept = {name: value for name, value in os.environ.items() if "IMGPROXY_PY" not in name}
    given = {"DATA_DIR": str(data_dir), "ENGINE_WORKERS": "1"} | settings
    named = {f"IMGPROXY_PY_{name}": value for name, value in given.items()}
    return kept | named | {"PYTHONPATH": str(PROJECT), "COLUMNS": "100", "PYTHONUNBUFFERED": "1"}


def run(cwd: Path, *arguments: str | Path, **settings: str) -> Ended:
    """`imgproxy-py ARGUMENTS` in `cwd`."""
    with Warm(arguments, cwd=cwd, env=environment(cwd / "data", **settings)) as process:
        out, err = process.communicate(timeout=120)
        return Ended(code=process.wait(0), out=out, err=err)

"""Runs the command line in a process of its own, as a person would."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]


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
    ended = subprocess.run(
        [sys.executable, "-m", "imgproxy_py", *map(str, arguments)],
        cwd=cwd,
        env=environment(cwd / "data", **settings),
        capture_output=True,
        text=True,
        timeout=120,
    )
    return Ended(code=ended.returncode, out=ended.stdout, err=ended.stderr)

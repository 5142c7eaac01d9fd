"""Folders of small photographs, and `imgproxy-py push` as a person or a CI job runs it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pyvips

from tests.cli.command import Ended, environment
from tests.pictures import landscape
from tests.warm import Warm
from tests.web.api.accounts import Holder
from tests.web.server import API_KEY, RunningServer


@cache
def _base() -> pyvips.Image:
    return landscape(900, 700)


def photo(number: int, width: int = 120, height: int = 90, *, quality: int = 92) -> bytes:
    """A small photograph, another one for each number up to 400."""
    piece = _base().crop(number * 7 % 700, number, width, height)
    return bytes(piece.jpegsave_buffer(Q=quality))


def fill(folder: Path, count: int, *, first: int = 0) -> Path:
    """`count` photographs, every third of them in a folder below."""
    (folder / "sub").mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        place = folder / "sub" if number % 3 == 0 else folder
        (place / f"p{number:03}.jpg").write_bytes(photo(number))
    return folder


def arguments(server: RunningServer, *more: str | Path) -> list[str]:
    return ["push", *map(str, more), "--url", server.url]


@contextmanager
def pushing(
    cwd: Path, server: RunningServer, *more: str | Path, key: str = API_KEY
) -> Iterator[Warm]:
    """A push that is still running; killed when the block ends first."""
    given = environment(cwd / "data") | {"IMGPROXY_PY_API_KEY": key}
    with Warm(arguments(server, *more), cwd=cwd, env=given) as process:
        yield process


def push(
    cwd: Path, server: RunningServer, *more: str | Path, key: str = API_KEY, seconds: float = 120
) -> Ended:
    with pushing(cwd, server, *more, key=key) as process:
        out, err = process.communicate(timeout=seconds)
        return Ended(code=process.wait(0), out=out, err=err)


def outcomes(ended: Ended) -> dict[str, dict[str, Any]]:
    """What `--json` told, by the names of the sources."""
    told = [json.loads(line) for line in ended.out.splitlines()]
    return {one["source"]: one for one in told}


def batch_id(cwd: Path, server: RunningServer, *more: str | Path) -> str:
    """The name that a push gives its batch."""
    return push(cwd, server, *more, "--dry-run").out.split()[-1]


def asked(server: RunningServer, target: str, key: str) -> Mapping[str, Any]:
    told: dict[str, Any] = json.loads(server.ask("GET", target, {"X-API-Key": key}).body)
    return told


def batch(server: RunningServer, name: str, holder: Holder) -> Mapping[str, Any]:
    return asked(server, f"/api/v1/batches/{name}", holder.key)


def counted(server: RunningServer, holder: Holder) -> tuple[int, int]:
    """Images that the account was charged with and those that it had before."""
    total = asked(server, "/api/v1/usage", holder.key)["total"]
    return total["images"], total["cache_hits"]

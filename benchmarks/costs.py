"""CPU a request beside the bare loop's, side by side in one run: one row per way of asking."""

import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Load, run_load
from benchmarks.processes import cpu_seconds, cpu_seconds_of
from tests.web.server import USERNAME, RunningServer

ROUNDS = 7


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a round asks: kept-alive connections, what the origin says of caching, which server."""

    name: str
    connections: int
    cache_control: str = "no-store"
    searches: bool = True


WAYS = (
    Way(name="1 connection", connections=1),
    Way(name="4 connections", connections=4),
    Way(name="16 connections", connections=16),
    Way(name="4 connections, stored", connections=4, cache_control="max-age=60"),
    Way(name="1 connection, no search", connections=1, searches=False),
    Way(name="4 connections, no search", connections=4, searches=False),
    Way(name="16 connections, no search", connections=16, searches=False),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    file: str
    width: int
    requests: int  # per round
    peers_bare_ms: float  # the bare loop's CPU where the peers were measured


@dataclass(frozen=True, kw_only=True)
class Cost:
    """CPU milliseconds a request: of all processes, and of the web process alone."""

    all_ms: float
    web_ms: float = 0.0


class Bare:
    """The bare loop in a process of its own."""

    def __init__(self, picture: Path, width: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bare", str(picture), str(width)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"VIPS_CONCURRENCY": "1", "MALLOC_ARENA_MAX": "2", "PATH": "/usr/bin:/bin"},
            cwd=Path(__file__).parents[1],
        )
        self.cpu_ms(3)

    def cpu_ms(self, count: int) -> float:
        """CPU milliseconds a picture over `count` rounds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline()) / count * 1000

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Bench:
    """One server, one origin, and a number that makes every URL a new one."""

    def __init__(self, server: RunningServer, origin: str) -> None:
        self._server = server
        self._origin = origin
        self._asked = 0

    def cost(self, case: Case, way: Way) -> Cost:
        """CPU milliseconds a request, and prints nothing."""
        before = self._used()
        self.load(case, connections=way.connections, cache_control=way.cache_control)
        after = self._used()
        every, web = (
            (then - now) / case.requests * 1000 for then, now in zip(after, before, strict=True)
        )
        return Cost(all_ms=every, web_ms=web)

    def _used(self) -> tuple[float, float]:
        return cpu_seconds(self._server.pid), cpu_seconds_of(self._server.pid)

    def load(self, case: Case, *, connections: int, cache_control: str) -> Load:
        start = self._asked
        self._asked += case.requests
        path = f"/{USERNAME}/{case.width}/{self._origin}/{case.file}?cc={cache_control}&n="
        return run_load(
            self._server.url,
            lambda number: f"{path}{start + number}",
            requests=case.requests,
            connections=connections,
        )


def compare(case: Case, picture: Path, benches: dict[bool, Bench]) -> None:
    """One row per way of asking, each round right after the bare loop's. `benches` by whether
    their server searches."""
    bare = Bare(picture, case.width)
    ways = [way for way in WAYS if way.searches in benches]
    floor: list[Cost] = []
    figures: dict[str, list[Cost]] = {way.name: [] for way in ways}
    for _ in range(ROUNDS):
        floor.append(Cost(all_ms=bare.cpu_ms(case.requests)))
        for way in ways:
            figures[way.name].append(benches[way.searches].cost(case, way))
    bare.close()
    print(f"\n{case.name}: CPU ms a request, median of {ROUNDS} rounds (min–max)")
    print(_row("bare", floor, floor, case))
    for name, costs in figures.items():
        print(_row(name, costs, floor, case))


def _row(name: str, costs: list[Cost], floor: list[Cost], case: Case) -> str:
    values = [cost.all_ms for cost in costs]
    middle = statistics.median(values)
    ratio = statistics.median(
        ours.all_ms / bare.all_ms for ours, bare in zip(costs, floor, strict=True)
    )
    web = statistics.median(cost.web_ms for cost in costs)
    span = f"({min(values):.2f}–{max(values):.2f})"
    in_terms = (
        f", {ratio * case.peers_bare_ms:.2f} ms in terms of peers" if case.peers_bare_ms else ""
    )
    return f"  {name:26} {middle:7.2f} {span:18} web {web:5.2f}  ×{ratio:.3f} of bare{in_terms}"

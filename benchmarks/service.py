"""What a request costs: the whole service against bare libvips with the same encoder settings.

    python -m benchmarks.service PHOTO.jpg        (12 megapixels; drawn when none is named)
    python -m benchmarks.service --small          (the small picture alone: two minutes)

Service and bare loop take turns in one run, so that a drifting machine moves both. CPU is user and
system time of the server and all its children. Every request names another URL of the origin, so
nothing is answered from a cache; `stored` rows also write each result to the store.

The product searches for each picture's quality and proves it by a score, which its peers do not.
Rows of `no search` come from a second server whose engine encodes once (unsearched.py), as the bare
loop does: what stands above the bare loop there is the fixed cost of a request. `in terms of peers`
is that on a machine whose bare loop takes what it took where the peers were measured.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pyvips

from benchmarks.load import Load, run_load
from benchmarks.processes import (
    cpu_seconds,
    cpu_seconds_of,
    nginx_origin,
    proportional_bytes,
    resident_bytes,
)
from benchmarks.unsearched import unsearched
from tests.pictures import landscape
from tests.web.origin import running_origin
from tests.web.server import USERNAME, RunningServer, running_server

ROUNDS = 7
# The bare loop's CPU milliseconds for the small picture where the peers were measured.
PEERS_BARE_MS = 2.8


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
)


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    file: str
    width: int
    requests: int  # per round


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
    in_terms = f", {ratio * PEERS_BARE_MS:.2f} ms in terms of peers" if case is SMALL else ""
    return f"  {name:26} {middle:7.2f} {span:18} web {web:5.2f}  ×{ratio:.3f} of bare{in_terms}"


def spread(bench: Bench, server: RunningServer, case: Case) -> None:
    """Latencies at concurrency 16, both cores at four connections, memory meanwhile."""
    peak = _Peak(server.pid)
    with peak.watched():
        load = bench.load(case, connections=16, cache_control="no-store")
    slowest = max(load.seconds) / load.median
    median_ms = load.median * 1000
    print(f"\n{case.name}, 16 connections: median {median_ms:.0f} ms, slowest ×{slowest:.2f}")
    print(
        f"  memory of all processes: peak {peak.resident / 1e6:.0f} MB resident, "
        f"{peak.proportional / 1e6:.0f} MB with shared pages counted once"
    )
    before = cpu_seconds(server.pid)
    load = bench.load(case, connections=4, cache_control="no-store")
    cores = (cpu_seconds(server.pid) - before) / load.wall_seconds
    print(f"  4 kept-alive connections: {cores:.2f} cores busy")


class _Peak:
    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.resident = 0
        self.proportional = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.1):
                self.resident = max(self.resident, resident_bytes(self._pid))
                self.proportional = max(self.proportional, proportional_bytes(self._pid))

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def trickled(server: RunningServer, picture: Path, *, seconds: float = 2.0) -> None:
    """How long after the last byte of a slow origin the answer's first byte comes."""
    data = picture.read_bytes()
    ended: list[float] = []
    step = len(data) // 100 + 1

    def trickle(connection: BinaryIO) -> None:
        for start in range(0, len(data), step):
            connection.write(data[start : start + step])
            connection.flush()
            time.sleep(seconds / 100)
        ended.append(time.perf_counter())

    waits = []
    with running_origin() as origin:
        for number in range(5):
            url = origin.put(f"/{number}.jpg", trickle, announced_bytes=len(data))
            server.get(f"/{USERNAME}/500/{url}")
            waits.append((time.perf_counter() - ended[-1]) * 1000)
    median = statistics.median(waits)
    print(
        f"\nsource trickled over {seconds:g} s: answer {median:.0f} ms after the last byte "
        f"(median of {len(waits)}, worst {max(waits):.0f})"
    )


LARGE = Case(name="12 MP JPEG → 500 px JPEG", file="large.jpg", width=500, requests=12)
SMALL = Case(name="320×240 JPEG → 160 px JPEG", file="small.jpg", width=160, requests=200)


def main() -> None:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "pictures")
        folder.mkdir()
        large = draw(folder, asked.photo)
        with (
            nginx_origin(folder) as origin,
            running_server(Path(scratch, "data")) as server,
            _server_without_search(Path(scratch)) as second,
        ):
            bench, plain = Bench(server, origin), Bench(second, origin)
            for case in (SMALL,) if asked.small else (LARGE, SMALL):
                _compared(case, folder, {True: bench, False: plain})
            if not asked.small:
                spread(bench, server, replace(LARGE, requests=96))
                trickled(server, large)


@contextmanager
def _server_without_search(scratch: Path) -> Iterator[RunningServer]:
    with ExitStack() as stack:
        with unsearched(scratch / "hook"):
            server = stack.enter_context(running_server(scratch / "unsearched"))
        yield server


def _compared(case: Case, folder: Path, benches: dict[bool, Bench]) -> None:
    for bench in benches.values():
        bench.load(case, connections=4, cache_control="no-store")
    compare(case, folder / case.file, benches)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.service")
    parser.add_argument("photo", nargs="?", type=Path)
    parser.add_argument("--small", action="store_true", help="the small picture alone")
    return parser.parse_args()


def draw(folder: Path, photo: Path | None) -> Path:
    """Put the large picture and a small one made of it into `folder`; gives the large one."""
    large = folder / LARGE.file
    if photo is None:
        landscape(1008, 756).resize(4).jpegsave(str(large), Q=90)
    else:
        large.write_bytes(photo.read_bytes())
    small = pyvips.Image.thumbnail(str(large), 320, height=240, size="force")
    small.jpegsave(str(folder / SMALL.file), Q=80, keep="none")
    return large


if __name__ == "__main__":
    main()

"""What a request costs: the whole service against bare libvips with the same encoder settings.

    python -m benchmarks.service PHOTO.jpg        (12 megapixels; drawn when none is named)
    python -m benchmarks.service --small          (the small picture alone: a minute)

Service and bare loop take turns in one run, so that a drifting machine moves both. CPU is user and
system time of the server and all its children. Every request names another URL of the origin, so
nothing is answered from a cache; `stored` rows also write each result to the store.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pyvips

from benchmarks.load import Load, run_load
from benchmarks.processes import cpu_seconds, nginx_origin, proportional_bytes, resident_bytes
from tests.pictures import landscape
from tests.web.origin import running_origin
from tests.web.server import USERNAME, RunningServer, running_server

ROUNDS = 7
# Name, kept-alive connections, what the origin says of caching.
WAYS = (
    ("1 connection", 1, "no-store"),
    ("4 connections", 4, "no-store"),
    ("16 connections", 16, "no-store"),
    ("4 connections, stored", 4, "max-age=60"),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    file: str
    width: int
    requests: int  # per round


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

    def __init__(self, server: RunningServer, origin: str, folder: Path) -> None:
        self._server = server
        self._origin = origin
        self._folder = folder
        self._asked = 0

    def cpu_per_request(self, case: Case, *, connections: int, cache_control: str) -> float:
        """CPU milliseconds a request, and prints nothing."""
        before = cpu_seconds(self._server.pid)
        self.load(case, connections=connections, cache_control=cache_control)
        return (cpu_seconds(self._server.pid) - before) / case.requests * 1000

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

    def compare(self, case: Case) -> None:
        """One row per way of asking, each round right after the bare loop's."""
        bare = Bare(self._folder / case.file, case.width)
        figures: dict[str, list[float]] = {name: [] for name in ("bare", *(way[0] for way in WAYS))}
        for _ in range(ROUNDS):
            figures["bare"].append(bare.cpu_ms(case.requests))
            for name, connections, cache_control in WAYS:
                took = self.cpu_per_request(
                    case, connections=connections, cache_control=cache_control
                )
                figures[name].append(took)
        bare.close()
        print(f"\n{case.name}: CPU ms a request, median of {ROUNDS} rounds (min–max)")
        for name, values in figures.items():
            print(_row(name, values, figures["bare"]))


def _row(name: str, values: list[float], bare: list[float]) -> str:
    middle = statistics.median(values)
    ratio = statistics.median(ours / floor for ours, floor in zip(values, bare, strict=True))
    span = f"({min(values):.2f}–{max(values):.2f})"
    beyond = middle - statistics.median(bare)
    return f"  {name:24} {middle:7.2f} {span:18} ×{ratio:.3f} of bare, {beyond:+.2f} ms"


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
        with nginx_origin(folder) as origin, running_server(Path(scratch, "data")) as server:
            bench = Bench(server, origin, folder)
            for case in (SMALL,) if asked.small else (LARGE, SMALL):
                bench.load(case, connections=4, cache_control="no-store")
                bench.compare(case)
            if not asked.small:
                spread(bench, server, replace(LARGE, requests=96))
                trickled(server, large)


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

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
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pyvips

from benchmarks.costs import Bench, Case, compare
from benchmarks.processes import (
    cpu_seconds,
    nginx_origin,
    proportional_bytes,
    resident_bytes,
)
from benchmarks.unsearched import unsearched
from tests.pictures import landscape
from tests.web.origin import running_origin
from tests.web.server import USERNAME, RunningServer, running_server


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


LARGE = Case(
    name="12 MP JPEG → 500 px JPEG", file="large.jpg", width=500, requests=12, peers_bare_ms=34.3
)
SMALL = Case(
    name="320×240 JPEG → 160 px JPEG", file="small.jpg", width=160, requests=200, peers_bare_ms=2.8
)


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

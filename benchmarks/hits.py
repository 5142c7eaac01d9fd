"""What a hit costs: stored results over HTTP against a bare Starlette route of the same bytes.

    python -m benchmarks.hits                (two minutes; needs wrk and nginx from Debian)
    python -m benchmarks.hits --rounds 3     (a quick look)

Everything takes turns in one run, so that a drifting machine moves all of it. CPU is user and
system time of the web process. `bare` is hypercorn as installed, `bare, our wire` the same with
what `web/wire.py` changes in it: the first is the floor that the goals speak of. Nothing is made
anew in the background: the server is in its steady state.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bare_route import ETAG
from benchmarks.load import run_load
from benchmarks.processes import cpu_seconds, cpu_seconds_of, nginx_origin
from benchmarks.wrk import Run, require_wrk, run_wrk
from tests.pictures import landscape
from tests.web.server import USERNAME, RunningServer, running_server

WIDTH = 600  # of the drawn picture: a result of 20 KB
SEVERAL = 500
CONNECTIONS = 8
COLD_REQUESTS = 8
COLD_WIDTH = 500  # of the same picture
COLD_SECONDS = 5
COLD_ROUNDS = 5


@dataclass(kw_only=True)
class Way:
    """One way of asking. `floor` names the row it is compared with."""

    name: str
    url: str
    pid: int
    floor: str
    headers: dict[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    runs: list[Run] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def ask(self, seconds: int) -> Run:
        before = cpu_seconds_of(self.pid)
        run = run_wrk(
            self.url,
            connections=CONNECTIONS,
            seconds=seconds,
            headers=self.headers,
            paths=self.paths,
        )
        self.runs.append(run)
        self.cpu_ms.append((cpu_seconds_of(self.pid) - before) / run.requests * 1000)
        return run


def main() -> None:
    asked = _arguments()
    require_wrk()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "pictures")
        folder.mkdir()
        landscape(1008, 756).jpegsave(str(folder / "photo.jpg"), Q=90)
        with (
            nginx_origin(folder) as origin,
            running_server(Path(scratch, "data"), REFINE="off") as server,
            _ways(server, origin, Path(scratch, "result.jpg")) as ways,
        ):
            compare(ways, rounds=asked.rounds, seconds=asked.seconds)
            starve(ways[2], server, origin, rounds=min(asked.rounds, COLD_ROUNDS))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.hits")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=2)
    return parser.parse_args()


@contextmanager
def _ways(server: RunningServer, origin: str, result: Path) -> Iterator[list[Way]]:
    """Every way of asking, all of them warm."""
    base = f"/{USERNAME}/{WIDTH}/{origin}/photo.jpg?cc=max-age=86400"
    several = tuple(f"{base}&n={number}" for number in range(SEVERAL))
    answer = server.get(base)
    if answer.status != 200:
        raise SystemExit(f"{base} was answered {answer.status}: {answer.body!r}")
    result.write_bytes(answer.body)
    print(f"a result of {len(answer.body)} bytes; {SEVERAL} of them are made first")
    run_load(server.url, lambda number: several[number], requests=SEVERAL, connections=4)
    stored = server.ask("POST", base).headers["Location"]
    same = {"If-None-Match": answer.headers["ETag"]}
    with _bare(result) as (bare, bare_pid), _bare(result, "--wire") as (wired, wired_pid):
        ours, pid = f"{server.url}{base}", server.pid
        yield [
            Way(name="bare 200", url=bare, pid=bare_pid, floor="bare 200"),
            Way(
                name="bare 304",
                url=bare,
                pid=bare_pid,
                floor="bare 200",
                headers={"If-None-Match": ETAG},
            ),
            Way(name="hit 200", url=ours, pid=pid, floor="bare 200"),
            Way(name="hit 304", url=ours, pid=pid, floor="bare 304", headers=same),
            Way(
                name=f"hit 200, {SEVERAL} URLs",
                url=ours,
                pid=pid,
                floor="bare 200",
                paths=several,
            ),
            Way(name="/results/ 200", url=f"{server.url}{stored}", pid=pid, floor="bare 200"),
            Way(name="bare 200, our wire", url=wired, pid=wired_pid, floor="bare 200"),
        ]


@contextmanager
def _bare(result: Path, *options: str) -> Iterator[tuple[str, int]]:
    """A bare route in a process of its own: its URL and process id."""
    command = [sys.executable, "-m", "benchmarks.bare_route", *options, str(result)]
    root = Path(__file__).parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield f"http://127.0.0.1:{port}/photo.jpg", process.pid
        finally:
            process.terminate()


def compare(ways: list[Way], *, rounds: int, seconds: int) -> None:
    """Requests a second and CPU, every way after the other in each round."""
    for way in ways:
        way.ask(1)
        way.runs.clear()
        way.cpu_ms.clear()
    for _ in range(rounds):
        for way in ways:
            way.ask(seconds)
    print(f"\n{CONNECTIONS} connections, median of {rounds} rounds of {seconds} s")
    print(f"  {'':24} {'per second':>10} {'CPU ms':>8} {'p99 ms':>8}")
    by_name = {way.name: way for way in ways}
    for way in ways:
        print(_row(way, by_name[way.floor]))


def _row(way: Way, floor: Way) -> str:
    ratio = _median(
        ours.per_second / theirs.per_second
        for ours, theirs in zip(way.runs, floor.runs, strict=True)
    )
    per_second = _median(run.per_second for run in way.runs)
    p99 = _median(run.p99_ms for run in way.runs)
    told = "" if way is floor else f"  ×{ratio:.2f} of {floor.name}"
    return f"  {way.name:24} {per_second:10.0f} {_median(way.cpu_ms):8.3f} {p99:8.2f}{told}"


@dataclass(kw_only=True)
class Cold:
    """What was done beside the hits: pictures that were made, and the engine's CPU seconds."""

    made: int = 0
    cpu_seconds: float = 0.0


def starve(way: Way, server: RunningServer, origin: str, *, rounds: int) -> None:
    """The slowest hits while pictures are made, against those of a server with nothing else."""
    idle, loaded, cold = [], [], []
    for number in range(rounds):
        idle.append(way.ask(COLD_SECONDS))
        with _cold(server, origin, number) as beside:
            loaded.append(way.ask(COLD_SECONDS))
        cold.append(beside)
    quiet, busy = (_median(run.p99_ms for run in runs) for runs in (idle, loaded))
    made = _median(beside.made / COLD_SECONDS for beside in cold)
    used = _median(beside.cpu_seconds / COLD_SECONDS for beside in cold)
    print(
        f"\nhits beside {COLD_REQUESTS} cold requests at a time, {rounds} rounds of "
        f"{COLD_SECONDS} s: p99 {busy:.2f} ms against {quiet:.2f} ms, ×{busy / quiet:.2f};\n"
        f"{_median(run.per_second for run in loaded):.0f} hits a second against "
        f"{_median(run.per_second for run in idle):.0f}; meanwhile {made:.1f} pictures a second "
        f"were made, on {used:.2f} of {os.cpu_count()} cores"
    )


@contextmanager
def _cold(server: RunningServer, origin: str, number: int) -> Iterator[Cold]:
    """Eight cold requests at a time while the body runs, which begins when one has been answered.

    Every one asks for a URL of its own, so that the engine works for each."""
    path = f"/{USERNAME}/{COLD_WIDTH}/{origin}/photo.jpg?cc=no-store&n={number}"
    is_over, is_begun = threading.Event(), threading.Event()
    answered: list[int] = []

    def ask() -> None:
        while not is_over.is_set():
            answer = server.get(f"{path}.{threading.get_ident()}.{len(answered)}")
            answered.append(answer.status)
            is_begun.set()

    threads = [threading.Thread(target=ask) for _ in range(COLD_REQUESTS)]
    for thread in threads:
        thread.start()
    is_begun.wait(60)
    beside = Cold(made=-len(answered), cpu_seconds=-_engine_seconds(server))
    try:
        yield beside
    finally:
        beside.made += len(answered)
        beside.cpu_seconds += _engine_seconds(server)
        is_over.set()
        for thread in threads:
            thread.join()
    if refused := sum(status != 200 for status in answered):
        raise SystemExit(f"{refused} of {len(answered)} cold requests were refused")


def _engine_seconds(server: RunningServer) -> float:
    """CPU of all processes below the web process."""
    return cpu_seconds(server.pid) - cpu_seconds_of(server.pid)


def _median(values: Iterator[float] | list[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()

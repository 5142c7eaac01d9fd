"""A folder of small pictures through `imgproxy-py push`, against the engine's own rate on them.

    python -m benchmarks.push [N]            (2,000 photographs of 500x375, drawn)

The engine alone (EnginePool, as many children, the same work) takes the first half before the push
and the second half after it, so that a drifting machine moves both. The push is the whole command,
from its start to the last result on the disk. Both are warm: engine and server have made a few
pictures before their clock runs. Meanwhile the server's memory is read, and the batch is asked for
its progress, which must add up and never go back.

The server does not refine (REFINE=off): that is work for idle time, which a server with a batch to
do has none of, and after the last job it would be counted here as if the push had asked for it.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import cpu_seconds
from benchmarks.push_watch import Watch, tell_memory
from imgproxy_py.engine.job import Job, Limits, Tier
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.pool import EnginePool, PoolSettings
from options_grammar import Options
from tests.cli.command import environment
from tests.pictures import landscape
from tests.web.server import API_KEY, RunningServer, running_server

CHILDREN = 2
WIDTH, HEIGHT = 500, 375
WARM_UP = 20
BATCH = "benchmark"
_MEMORY_BYTES = 2 << 30
_LIMITS = Limits(max_pixels=100_000_000, max_side_pixels=10_000, max_frames=2000)
_TIMEOUT_SECONDS = 600.0


def draw(folder: Path, numbers: range) -> list[Path]:
    """Photographs, no two alike, as JPEGs of good quality."""
    folder.mkdir()
    base = landscape(1600, 1200)
    paths = []
    for number in numbers:
        left, top = number * 37 % (1600 - WIDTH), number * 53 % (1200 - HEIGHT)
        path = folder / f"{number:05}.jpg"
        base.crop(left, top, WIDTH, HEIGHT).jpegsave(str(path), Q=85 + number % 8)
        paths.append(path)
    return paths


@dataclass(frozen=True, kw_only=True)
class Took:
    """Seconds by the clock and of processors."""

    wall: float
    cpu: float


async def engine_took(paths: Sequence[Path], scratch: Path) -> Took:
    """The engine alone, with its children already warm, and whoever hands it its work."""
    pool = EnginePool(
        PoolSettings(children=CHILDREN, max_waiting=1 << 30, memory_bytes=_MEMORY_BYTES)
    )
    turns = asyncio.Semaphore(CHILDREN + 1)
    job = Job(options=Options(), accepts=frozenset(), limits=_LIMITS, tier=Tier.LIVE)

    async def run(path: Path) -> None:
        async with turns:
            data = path.read_bytes()
            with Spool(scratch, max_source_bytes=1 << 26, expected_bytes=len(data)) as spool:
                spool.write(data)
                spool.finish()
                await pool.run(job, spool, deadline=time.monotonic() + _TIMEOUT_SECONDS)

    try:
        await pool.start()
        await asyncio.gather(*(run(path) for path in paths[:WARM_UP]))
        began_at, cpu = time.perf_counter(), cpu_seconds(os.getpid())
        await asyncio.gather(*(run(path) for path in paths))
        wall = time.perf_counter() - began_at
        return Took(wall=wall, cpu=cpu_seconds(os.getpid()) - cpu)
    finally:
        await pool.close()


def push_took(
    server: RunningServer, folder: Path, output: Path, batch_id: str = BATCH
) -> tuple[Took, Took]:
    """The whole command: with all processes, and of the command's own alone."""
    command = [sys.executable, "-m", "imgproxy_py", "push", str(folder), "--url", server.url]
    began_at, served, own = time.perf_counter(), cpu_seconds(server.pid), _ended_cpu()
    subprocess.run(
        [*command, "-o", str(output), "--batch-id", batch_id, "--json"],
        env=environment(output.parent) | {"IMGPROXY_PY_API_KEY": API_KEY},
        cwd=output.parent,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wall, own = time.perf_counter() - began_at, _ended_cpu() - own
    served = cpu_seconds(server.pid) - served
    return Took(wall=wall, cpu=served + own), Took(wall=wall, cpu=own)


def _ended_cpu() -> float:
    """Of processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.push")
    parser.add_argument("count", nargs="?", type=int, default=2000)
    count = parser.parse_args().count
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        paths = draw(scratch / "in", range(count))
        draw(scratch / "warm", range(count, count + WARM_UP))
        halves = (paths[: count // 2], paths[count // 2 :])
        settings = {"ENGINE_WORKERS": str(CHILDREN), "REFINE": "off"}
        with running_server(scratch / "data", **settings) as server:
            push_took(server, scratch / "warm", scratch / "warmed", "warm-up")
            watch = Watch(server=server, batch_id=BATCH)
            watch.look()
            before = asyncio.run(engine_took(halves[0], scratch))
            with watch.watching():
                pushed, command = push_took(server, scratch / "in", scratch / "out")
            after = asyncio.run(engine_took(halves[1], scratch))
            watch.look()
        made = len(list((scratch / "out").glob("*.jpg")))
    wall, cpu = before.wall + after.wall, before.cpu + after.cpu
    print(f"{count} photographs of {WIDTH}x{HEIGHT}, {CHILDREN} engine processes")
    print(f"  engine alone  {_figures(count, wall, cpu)}")
    print(f"  push          {_figures(count, pushed.wall, pushed.cpu)}")
    print(f"  of which the command itself {command.cpu / count * 1000:.1f} ms")
    print(f"  ratio         ×{wall / pushed.wall:.3f} by the clock, ×{cpu / pushed.cpu:.3f} by CPU")
    print(f"  results on the disk: {made}; progress was asked for {len(watch.succeeded)} times")
    print(f"  progress: {watch.faults or 'added up and never went back'}")
    tell_memory(watch)


def _figures(count: int, wall: float, cpu: float) -> str:
    return f"{count / wall:6.1f} a second, {cpu / count * 1000:6.1f} ms CPU a picture"


if __name__ == "__main__":
    main()

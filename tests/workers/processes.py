"""Processes as the system shows them, and what the tests of this folder have in common."""

import asyncio
import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.sources.spool import Spool
from options_grammar import parse


def is_running(pid: int) -> bool:
    """Zombies count: whoever is dead and not yet reaped still has its id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def state(pid: int) -> str:
    """R, S, D, T (stopped), Z …: proc_pid_stat(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def threads(pid: int) -> int:
    return len([*Path(f"/proc/{pid}/task").iterdir()])


def private_bytes(pid: int) -> int:
    """Memory that is this process's alone: what it adds to what the others have."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    lines = [line.split() for line in rollup if line.startswith("Private_")]
    return 1024 * sum(int(line[1]) for line in lines)


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


async def until(is_true: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not is_true():
            await asyncio.sleep(0.01)


def job(options: str, **limits: int) -> Job:
    return Job(options=parse(options).options, limits=replace(Limits(), **limits))


@contextmanager
def spooled(directory: Path, data: bytes) -> Iterator[Spool]:
    """A source that is complete."""
    with Spool(directory, max_source_bytes=100 << 20, expected_bytes=len(data)) as spool:
        spool.write(data)
        spool.finish()
        yield spool

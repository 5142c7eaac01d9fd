"""Processes as the system shows them, and what the tests of this folder have in common."""

import os
import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.sources.spool import Spool
from options_grammar import parse
from tests.pictures import landscape


def is_running(pid: int) -> bool:
    """Zombies count: whoever is dead and not yet reaped still has its id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def has_ended(pid: int) -> bool:
    """Whether it is dead, reaped or not."""
    try:
        return state(pid) == "Z"
    except OSError:
        return True


def state(pid: int) -> str:
    """R, S, D, T (stopped), Z …: proc_pid_stat(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def cpu_seconds(pid: int) -> float:
    """Processor time used so far, as the kernel counts it: in hundredths. 0 once it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def since_now(pids: list[int]) -> Callable[[], dict[int, float]]:
    """Tells how much processor time each has used since this call; less than 0 once it is gone."""
    before = {pid: cpu_seconds(pid) for pid in pids}
    return lambda: {pid: cpu_seconds(pid) - before[pid] for pid in pids}


def threads(pid: int) -> int:
    return len([*Path(f"/proc/{pid}/task").iterdir()])


def private_bytes(pid: int) -> int:
    """Memory that is this process's alone: what it adds to what the others have."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    lines = [line.split() for line in rollup if line.startswith("Private_")]
    return 1024 * sum(int(line[1]) for line in lines)


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def job(options: str, **limits: int) -> Job:
    return Job(options=parse(options).options, limits=replace(Limits(), **limits))


@contextmanager
def spooled(directory: Path, data: bytes, *, is_complete: bool = True) -> Iterator[Spool]:
    """A source that is there, or one that the test writes piece by piece."""
    with Spool(directory, max_source_bytes=100 << 20, expected_bytes=len(data)) as spool:
        if is_complete:
            spool.write(data)
            spool.finish()
        yield spool


@cache
def large_jpeg() -> bytes:
    """Twelve megapixels: work for some seconds, and as AVIF for many."""
    data: bytes = landscape(1000, 750).resize(4).jpegsave_buffer(Q=85)
    return data

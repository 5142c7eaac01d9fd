"""Python programs that begin at the same moment, as several servers on one database would.

Each loads everything, prints "ready", and goes on when it has been sent a line.
"""

import asyncio
import subprocess
import sys
from collections.abc import Sequence

END_SECONDS = 60


def started(program: str, *arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


async def all_ready(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdout is not None
        said = await asyncio.to_thread(process.stdout.readline)
        assert said == "ready\n", process.communicate()[1]


def let_go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


async def together(program: str, arguments: Sequence[Sequence[str]]) -> list[str]:
    """What the processes printed, one with each of the `arguments`; none may fail."""
    processes = [started(program, *of_one) for of_one in arguments]
    await all_ready(processes)
    for process in processes:
        let_go(process)
    ended = await asyncio.gather(
        *(asyncio.to_thread(process.communicate, timeout=END_SECONDS) for process in processes)
    )
    assert [error for _, error in ended] == [""] * len(processes)
    return [said.strip() for said, _ in ended]

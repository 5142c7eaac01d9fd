"""Commands of `python -m imgproxy_py` that start at once: forks of one process that is warm.

Importing what a server is made of takes two seconds of processor time, and the tests start more
than a hundred of them. One process imports it all, opens nothing and starts no thread; each
command is a fork of it with arguments, environment, folder and output of its own. That commands
also start from nothing is held by tests/cli/test_serve.py and tests/test_packaging.py.
"""

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Self

from tests.warm_template import Command

PROJECT = Path(__file__).parents[1]
# The first one waits for the imports: some seconds, many on a busy machine.
START_SECONDS = 120


class Warm:
    """A running command, with what tests use of `subprocess.Popen`.

    `output` and `errors` are descriptors it writes to; None keeps what is written for
    `communicate`.
    """

    def __init__(
        self,
        arguments: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path,
        output: int | None = None,
        errors: int | None = None,
    ) -> None:
        self.returncode: int | None = None
        command = Command(arguments=[*map(str, arguments)], env={**env}, cwd=str(cwd))
        with ExitStack() as stack:
            self._kept = [stack.enter_context(TemporaryFile()) for _ in range(2)]
            ours, theirs = map(stack.enter_context, socket.socketpair())
            output, errors = (
                file.fileno() if given is None else given
                for file, given in zip(self._kept, (output, errors), strict=True)
            )
            _template().start(command, [theirs.fileno(), output, errors])
            theirs.close()
            self._ending = ours
            self.pid = int(self._told(START_SECONDS))
            self._opened = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leaves nothing running and nothing open."""
        if self.poll() is None:
            self.kill()
            self.wait(20)
        self._opened.close()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Its exit code, negative for a signal; TimeoutExpired after `timeout` seconds."""
        if self.returncode is None:
            self.returncode = int(self._told(timeout))
        return self.returncode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it wrote to output and errors, once it has ended."""
        self.wait(timeout)
        for file in self._kept:
            file.seek(0)
        out, err = (file.read().decode() for file in self._kept)
        return out, err

    def errors_so_far(self) -> str:
        """What it has written to errors, while it goes on."""
        kept = self._kept[1].fileno()
        return os.pread(kept, os.fstat(kept).st_size, 0).decode()

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _told(self, seconds: float) -> bytes:
        """One number from the template: first the process id, at the end the exit code."""
        waiting = select.poll()
        waiting.register(self._ending, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            raise subprocess.TimeoutExpired("imgproxy_py", seconds)
        told = self._ending.recv(20)
        assert told, "the warm process has gone; what it said stands in the output of the tests"
        return told


class _Template:
    """The one warm process of this test run; it ends when its socket closes."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {key: value for key, value in os.environ.items() if "IMGPROXY_PY" not in key}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm_template", str(theirs.fileno())],
                cwd=PROJECT,
                env=environment | {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def start(self, command: Command, descriptors: list[int]) -> None:
        socket.send_fds(self._control, [command.packed()], descriptors)

    def close(self) -> None:
        self._control.close()
        self._process.wait(20)


_lock = threading.Lock()
_running: list[_Template] = []


def _template() -> _Template:
    with _lock:
        if not _running:
            _running.append(_Template())
            atexit.register(_running[0].close)
        return _running[0]

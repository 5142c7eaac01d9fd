"""The warm process: imports every command once, then forks one for each request (tests/warm.py).

Started as `python -m tests.warm_template FD`. As in imgproxy_py/workers/template.py, forking is
safe because nothing has happened here: no thread exists whose locks a fork could copy.
"""

import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module

from imgproxy_py.cli.app import COMMANDS

MAX_COMMAND_BYTES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`python -m imgproxy_py ARGUMENTS` in `cwd`, with exactly this environment."""

    arguments: list[str]
    env: dict[str, str]
    cwd: str

    def packed(self) -> bytes:
        data = json.dumps(asdict(self)).encode()
        assert len(data) <= MAX_COMMAND_BYTES, "too long for one message"
        return data


class Template:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        # The descriptor that tells of a child's end, with its id and who waits for it.
        self._children: dict[int, tuple[int, socket.socket]] = {}
        self._news = select.poll()
        self._news.register(control, select.POLLIN)

    def run(self) -> Command | None:
        """Returns in each child with what it has to be, and here once nobody asks any more."""
        while True:
            for descriptor, _ in self._news.poll():
                if descriptor in self._children:
                    self._reap(descriptor)
                    continue
                data, given, _, _ = socket.recv_fds(self._control, MAX_COMMAND_BYTES, 3)
                if not data:
                    return None
                command = Command(**json.loads(data))
                if self._is_child(*given):
                    return command

    def _is_child(self, ending: int, output: int, errors: int) -> bool:
        """Fork; True in the child, which has its own output and no other descriptor of ours."""
        pid = os.fork()
        if pid == 0:
            os.dup2(output, 1)
            os.dup2(errors, 2)
            for ours in (self._control, *(waiting for _, waiting in self._children.values())):
                ours.detach()
            os.closerange(3, max(ending, output, errors, *self._children, 255) + 1)
            return True
        os.close(output)
        os.close(errors)
        waiting = socket.socket(fileno=ending)
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = pid, waiting
        self._news.register(pidfd, select.POLLIN)
        _tell(waiting, pid)
        return False

    def _reap(self, pidfd: int) -> None:
        pid, waiting = self._children.pop(pidfd)
        self._news.unregister(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        _tell(waiting, os.waitstatus_to_exitcode(status))
        waiting.close()


def _tell(waiting: socket.socket, number: int) -> None:
    """Whoever asked may have given up waiting."""
    with suppress(OSError):
        waiting.send(str(number).encode(), socket.MSG_NOSIGNAL)


def become(command: Command) -> None:
    """Returns or raises as `python -m imgproxy_py` does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(command.cwd)
    os.environ.clear()
    os.environ.update(command.env)
    sys.argv = ["imgproxy_py", *command.arguments]
    sys.path[0] = command.cwd
    runpy.run_module("imgproxy_py", run_name="__main__", alter_sys=True)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end us
    for place in COMMANDS.values():
        import_module(f"imgproxy_py.cli.{place.partition(':')[0]}")
    threads = len(os.listdir("/proc/self/task"))
    if threads > 1:
        raise RuntimeError(f"{threads - 1} threads run in the warm process: it cannot be forked")
    gc.collect()
    gc.freeze()
    command = Template(socket.socket(fileno=int(sys.argv[1]))).run()
    if command is not None:
        become(command)


if __name__ == "__main__":
    main()

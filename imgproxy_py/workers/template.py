"""The template: a process with everything loaded and compiled, which forks a child when asked.

Started as `python -m imgproxy_py.workers.template FD`, with an environment that holds no secret.
A child forked from it shares its memory and is ready in milliseconds, where starting one anew
costs a second of processor time. Forking is safe because nothing has happened here: no picture
was opened, libvips has run no pipeline, and no thread exists whose locks a fork would copy.
"""

import os
import select
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from imgproxy_py import heap
from imgproxy_py.engine import metric, vips
from imgproxy_py.workers import child, forking
from imgproxy_py.workers.forking import ChildSettings, Forked


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    prepare()
    control.send(forking.READY)
    Template(control, child.serve).run()


def prepare() -> None:
    """Load and compile what every child needs; RuntimeError when that has started a thread."""
    vips.set_up()
    metric.warm()
    threads = len([*Path("/proc/self/task").iterdir()])
    if threads > 1:
        raise RuntimeError(f"{threads - 1} threads run in the template: it cannot be forked")
    heap.settle()


class Template:
    """Forks at request and reaps what died. `serve` is what a child does with its socket."""

    def __init__(
        self, control: socket.socket, serve: Callable[[socket.socket, ChildSettings], None]
    ) -> None:
        self._control = control
        self._serve = serve
        self._pidfds: set[int] = set()
        self._news = select.poll()
        self._news.register(control, select.POLLIN)

    def run(self) -> None:
        """Returns when the server has gone; the system then ends the children (child.py)."""
        while True:
            for descriptor, _ in self._news.poll():
                if descriptor in self._pidfds:
                    self._reap(descriptor)
                elif not self._answer():
                    return

    def _answer(self) -> bool:
        request = forking.receive_request(self._control)
        if request is None:
            return False
        settings, descriptor = request
        with socket.socket(fileno=descriptor) as theirs:
            forked = self._fork(theirs, settings)
        forking.send_reply(self._control, forked)
        return True

    def _fork(self, theirs: socket.socket, settings: ChildSettings) -> Forked | None:
        template_pid = os.getpid()
        try:
            pid = os.fork()
        except OSError:
            traceback.print_exc()
            return None
        if pid == 0:
            self._be_child(theirs, settings, template_pid)
        pidfd = os.pidfd_open(pid)  # nobody else reaps, so the id is still this child's
        self._pidfds.add(pidfd)
        self._news.register(pidfd, select.POLLIN)
        return Forked(pid=pid, pidfd=pidfd)

    def _be_child(self, theirs: socket.socket, settings: ChildSettings, template_pid: int) -> None:
        """Never returns: nothing of the template may run twice."""
        status = 1
        try:
            self._control.close()
            for pidfd in self._pidfds:
                os.close(pidfd)
            child.die_with(template_pid)
            self._serve(theirs, settings)
            status = 0
        except SystemExit:
            status = 0
        except BaseException:  # noqa: BLE001 (whatever it was, it ends here and is told)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)

    def _reap(self, pidfd: int) -> None:
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        self._news.unregister(pidfd)
        self._pidfds.remove(pidfd)
        os.close(pidfd)


if __name__ == "__main__":
    main()

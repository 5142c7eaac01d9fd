"""The template as the server sees it: start it, ask it for a child, end it."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Mapping

from imgproxy_py.workers import forking
from imgproxy_py.workers.forking import ChildSettings, Forked

# What libvips, its codecs and Python's loader need; nothing else of our environment is a child's
# business: it reads hostile pictures.
_PASSED_ON = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH"),
    "NUMBA_CACHE_DIR",
)
_SET = {
    # One picture, one thread: the pool itself fills the cores, and CPU per request stays lowest.
    "VIPS_CONCURRENCY": "1",
    # A thread that a library starts on its own would forbid forking.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",  # of 200 mixed jobs 343 MB stayed resident, without it 721
    "VIPS_BLOCK_UNTRUSTED": "1",
    "SVT_LOG": "1",
}
# Loading takes a second, compiling for the first time half a minute on a busy machine.
_START_SECONDS = 300.0
# Forking takes milliseconds; a template that does not answer for so long never will.
_FORK_SECONDS = 30.0


class TemplateDied(Exception):
    """The template has gone, or does not answer."""


class TemplateProcess:
    """A running template. All methods belong to one event loop, one `fork` at a time."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control

    @classmethod
    async def start(cls, environment: Mapping[str, str]) -> "TemplateProcess":
        """Start one and wait until it can fork; TemplateDied when it never can.

        `environment` comes on top of what is passed on of ours.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = await asyncio.to_thread(_spawn, theirs, environment)
        ours.setblocking(False)
        template = cls(process, ours)
        try:
            if not await template._heard(_START_SECONDS) or not ours.recv(len(forking.READY)):
                raise TemplateDied
        except BaseException:
            template.end()
            raise
        return template

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    async def fork(self, settings: ChildSettings, descriptor: int) -> Forked | None:
        """A child that holds `descriptor`; None when the system let none be forked."""
        try:
            forking.send_request(self._control, settings, descriptor)
            if not await self._heard(_FORK_SECONDS):
                raise TemplateDied
            return forking.receive_reply(self._control)
        except (OSError, EOFError) as error:
            raise TemplateDied from error

    def end(self) -> None:
        """End it now; the system ends its children with it."""
        self._control.close()
        self._process.kill()
        # Collect the exit status off the loop; SIGKILL makes this a matter of milliseconds.
        asyncio.get_running_loop().run_in_executor(None, self._process.wait)

    async def _heard(self, seconds: float) -> bool:
        """True once there is something to read, the end of the connection included."""
        loop = asyncio.get_running_loop()
        news: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._control.fileno(), _set, news)
        try:
            await asyncio.wait({news}, timeout=seconds)
            return news.done()
        finally:
            loop.remove_reader(self._control.fileno())


def _set(news: "asyncio.Future[None]") -> None:
    if not news.done():
        news.set_result(None)


def _spawn(theirs: socket.socket, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    fd = theirs.fileno()
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "imgproxy_py.workers.template", str(fd)],
        pass_fds=(fd,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**environment, **passed_on, **_SET},
        start_new_session=True,
    )

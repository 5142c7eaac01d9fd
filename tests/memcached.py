"""A real memcached on loopback, which a test may kill, pause and start again."""

import getpass
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port, wait_for
from tests.waiting import eventually


class Memcached:
    """One server; its port stays the same over its lives."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def server(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        program = shutil.which("memcached")
        assert program is not None
        # As root it asks for a user to become; what it holds here is nobody's secret.
        options = ["-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-m", "8", "-t", "1"]
        self._process = subprocess.Popen([program, *options, "-u", getpass.getuser()])
        wait_for(self.port, "memcached")

    def kill(self) -> None:
        """At once, connections and all."""
        self._send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def pause(self) -> None:
        """Connections are taken from now on, and nothing is answered.

        A thread that runs takes the signal a moment later, and may answer hundreds of
        requests until then.
        """
        self._send(signal.SIGSTOP)
        assert eventually(self._is_stopped), "memcached did not stop"

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _is_stopped(self) -> bool:
        """Whether all its threads are; state "T" of proc(5)."""
        if self._process is None:
            return True
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/stat")
        return all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in threads)


@contextmanager
def running_memcached() -> Iterator[Memcached]:
    """Skips the test where the program is missing."""
    if shutil.which("memcached") is None:
        pytest.skip("the program memcached is not installed")
    memcached = Memcached()
    memcached.start()
    try:
        yield memcached
    finally:
        memcached.kill()


def held_by(memcached: Memcached) -> dict[str, int]:
    """Everything it holds: names, and the Unix seconds when they end, -1 for never.

    `lru_crawler metadump` of memcached's protocol.txt.
    """
    with socket.create_connection(memcached.server, timeout=10) as sock:
        sock.sendall(b"lru_crawler metadump all\r\n")
        received = b""
        while not received.endswith(b"END\r\n"):
            received += sock.recv(65_536)
    items = [line.split() for line in received.decode().splitlines()[:-1]]
    return {item[0].removeprefix("key="): int(item[1].removeprefix("exp=")) for item in items}

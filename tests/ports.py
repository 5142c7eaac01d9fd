"""Ports of loopback, for programs that have to be told theirs before they start."""

import random
import socket
from pathlib import Path

from tests.waiting import eventually

START_SECONDS = 30
_FIRST = 10_000
_given: set[int] = set()


def free_port() -> int:
    """A port that nobody listens at, another one at each call.

    It lies below those that the system gives to connections and to whoever binds port 0 (ip(7),
    `ip_local_port_range`): until its program binds it, nobody else gets it by chance.
    """
    chosen = random.SystemRandom()
    for _ in range(1000):
        port = chosen.randrange(_FIRST, _first_of_the_system())
        if port not in _given and _can_be_bound(port):
            _given.add(port)
            return port
    raise AssertionError("no port is free")


def is_listening(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(5)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port: int, program: str) -> None:
    """Return once somebody listens; `program` is who should."""
    assert eventually(lambda: is_listening(port), START_SECONDS), f"{program} did not start"


def _first_of_the_system() -> int:
    given = Path("/proc/sys/net/ipv4/ip_local_port_range")
    return int(given.read_text().split()[0])


def _can_be_bound(port: int) -> bool:
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

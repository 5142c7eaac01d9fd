"""The way to memcached: several servers, a few threads, and a limit on everything.

pymemcache waits on its sockets, so its calls run in threads of their own, each with its own
connections: nothing is shared that would need a lock. Which server has a key is decided by
rendezvous hashing; one that fails is left out for a moment, and its keys go to the others.
"""

import asyncio
import hashlib
import logging
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from pymemcache.client.base import Client
from pymemcache.client.hash import HashClient
from pymemcache.exceptions import MemcacheError

log = logging.getLogger(__name__)

# Host and port.
Server = tuple[str, int]

# memcached in the same network answers in a fifth of a millisecond. What takes this long is a
# server that is gone, or a machine so busy that looking elsewhere costs no more.
CONNECT_SECONDS = 0.1
ANSWER_SECONDS = 0.25

# All of it: waiting for a thread, looking up a name, connecting, asking.
CALL_SECONDS = 0.5

# A server that failed is tried again after this long, by each thread once: one that swallows
# packets costs a thread a tenth of a second in that time, and one that refuses costs nothing. When
# none is left, nobody asks at all until then.
DEAD_SECONDS = 2.0

THREADS = 4
MAX_WAITING = 256

# One line in the log in so many seconds, whatever happens.
_WARN_AGAIN_SECONDS = 30.0


class Unreachable(Exception):
    """memcached gave no answer in time, or none that can be used."""


class _Trouble:
    """What a thread gives back in place of an answer: an exception that nobody fetches would be
    reported as lost."""


_TROUBLE: Final = _Trouble()


class MemcachedServers:
    """Commands to whichever server has their key."""

    def __init__(
        self, servers: Sequence[Server], *, threads: int = THREADS, max_waiting: int = MAX_WAITING
    ) -> None:
        """Nothing is connected yet. All processes must name the `servers` alike."""
        self._servers = list(servers)
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="memcached")
        self._places = threading.BoundedSemaphore(threads + max_waiting)
        self._of_thread = threading.local()
        self._clients: list[HashClient] = []
        self._warned_at = -_WARN_AGAIN_SECONDS
        self._down_until = 0.0
        self._is_closed = False

    async def call(self, command: str, *args: object, **named: object) -> Any:
        """What pymemcache's method `command` returns; Unreachable instead of any error.

        A call that took too long, or whose caller left, ends by itself and keeps its place in the
        queue until then.
        """
        if self._is_closed or time.monotonic() < self._down_until:
            raise Unreachable
        if not self._places.acquire(blocking=False):
            raise Unreachable
        run = partial(self._answer, command, args, named)
        work = asyncio.get_running_loop().run_in_executor(self._executor, run)
        done, _ = await asyncio.wait({work}, timeout=CALL_SECONDS)
        if not done or work.cancelled() or (answer := work.result()) is _TROUBLE:
            raise Unreachable
        return answer

    async def close(self) -> None:
        """Wait for what runs, which is not long, and close all connections."""
        self._is_closed = True
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
        for client in self._clients:
            client.close()

    def _answer(self, command: str, args: tuple[object, ...], named: dict[str, object]) -> Any:
        client = self._client()
        try:
            return getattr(client, command)(*args, **named)
        except Exception as error:  # noqa: BLE001 - whatever it is, the cache is not there
            self._note(error)
            if client.hasher.is_empty:
                self._down_until = time.monotonic() + DEAD_SECONDS
            return _TROUBLE
        finally:
            self._places.release()

    def _client(self) -> HashClient:
        client: HashClient | None = getattr(self._of_thread, "client", None)
        if client is None:
            client = self._of_thread.client = _HashClient(
                self._servers,
                hasher=RendezvousHash,
                connect_timeout=CONNECT_SECONDS,
                timeout=ANSWER_SECONDS,
                retry_attempts=0,
                dead_timeout=DEAD_SECONDS,
                # A command without a reply fails unseen, and the next one reads its error.
                default_noreply=False,
            )
            self._clients.append(client)
        return client

    def _note(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._warned_at < _WARN_AGAIN_SECONDS:
            return
        self._warned_at = now
        log.warning("memcached does not answer; work goes on without it", extra={"error": error})


def version_of(server: Server) -> str:
    """What one server says of itself; Unreachable when it is not heard of in time."""
    connection = _Connection(server, connect_timeout=CONNECT_SECONDS, timeout=ANSWER_SECONDS)
    try:
        return str(connection.version().decode())
    except (OSError, MemcacheError) as error:
        host, port = server
        raise Unreachable(f"memcached at {host}:{port} does not answer: {error}") from error
    finally:
        connection.close()


class RendezvousHash:
    """Highest random weight (Thaler and Ravishankar, 1998): a server that leaves moves only its
    own keys. pymemcache's own does the same with a hash in Python: 35 µs for two servers, not 2.
    """

    def __init__(self) -> None:
        self._nodes: list[str] = []

    @property
    def is_empty(self) -> bool:
        return not self._nodes

    def add_node(self, node: str) -> None:
        if node not in self._nodes:
            self._nodes.append(node)

    def remove_node(self, node: str) -> None:
        self._nodes.remove(node)

    def get_node(self, key: str) -> str | None:
        return max(self._nodes, key=partial(_weight, key), default=None)


def _weight(key: str, node: str) -> bytes:
    return hashlib.blake2b(f"{node} {key}".encode(), digest_size=8).digest()


class _Connection(Client):  # type: ignore[misc]  # pymemcache's types are not published
    """pymemcache tries only the first address of a name: `localhost` may be ::1 first, where a
    memcached on 127.0.0.1 does not listen."""

    def _connect(self) -> None:
        self.close()
        sock = socket.create_connection(self.server, timeout=self.connect_timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(self.timeout)
        self.sock = sock


class _HashClient(HashClient):  # type: ignore[misc]  # as above
    client_class = _Connection

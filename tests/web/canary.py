"""A listener that nobody may call: hostile pictures name it, and connections are counted."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

# Every URL inside the hostile pictures leads here.
CANARY_PORT = 18_999


@dataclass(kw_only=True)
class Canary:
    connections: int = 0

    @property
    def is_quiet(self) -> bool:
        return self.connections == 0


@contextmanager
def listening_canary(port: int = CANARY_PORT) -> Iterator[Canary]:
    """Listens on loopback, accepts everything at once, and answers nothing."""
    canary = Canary()
    with socket.create_server(("127.0.0.1", port)) as server:
        thread = threading.Thread(target=_count, args=(server, canary), daemon=True)
        thread.start()
        try:
            yield canary
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def _count(server: socket.socket, canary: Canary) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            canary.connections += 1
            connection.close()

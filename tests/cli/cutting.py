"""A line to a server that breaks: a proxy that cuts off answers after so many bytes."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.web.server import RunningServer

_READ_BYTES = 4096


@dataclass(kw_only=True)
class Line:
    """`heads` are the first bytes of all requests that came. The answer to the first one that
    begins with `cut_at` breaks off after `after_bytes`."""

    server: RunningServer
    cut_at: bytes
    after_bytes: int
    heads: list[bytes] = field(default_factory=list)
    cuts: int = 0

    def carry(self, client: socket.socket) -> None:
        """One connection, for as many requests as it brings."""
        address = (self.server.host, self.server.port)
        upstream = socket.create_connection(address, timeout=30)
        with suppress(OSError), client, upstream:
            while data := client.recv(_READ_BYTES):
                if data.startswith((b"GET ", b"POST ")):
                    self.heads.append(data)
                upstream.sendall(data)
                if data.startswith(b"GET "):
                    self._answer(client, upstream, is_cut=self._is_to_cut(data))

    def _is_to_cut(self, head: bytes) -> bool:
        is_first = head.startswith(self.cut_at) and not self.cuts
        self.cuts += is_first
        return is_first

    def _answer(self, client: socket.socket, upstream: socket.socket, *, is_cut: bool) -> None:
        """An answer with a Content-Length, or its beginning."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += upstream.recv(1)
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        client.sendall(head)
        left = min(length, self.after_bytes) if is_cut else length
        while left:
            data = upstream.recv(min(left, _READ_BYTES))
            client.sendall(data)
            left -= len(data)
        if is_cut:
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def breaking_line(
    server: RunningServer, *, cut_at: bytes, after_bytes: int
) -> Iterator[tuple[str, Line]]:
    """The address of the line, and what is known of it."""
    line = Line(server=server, cut_at=cut_at, after_bytes=after_bytes)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=line.carry, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", line
        finally:
            # A thread that waits in accept() wakes up by this, not by close().
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)

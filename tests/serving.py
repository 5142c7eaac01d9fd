"""A small HTTP server of our own on loopback, for what stands outside of ours."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_had: set[int] = set()


class Quiet:
    """A handler that says nothing of what it is asked."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    """It answers in threads of its own, and waits for none of them when the block ends."""
    server = _bound(handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _bound(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    """At a port that none of ours had before: what a server under test keeps of one origin it would
    take for the next one's, under the same URL."""
    while True:
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if server.server_address[1] not in _had:
            _had.add(server.server_address[1])
            return server
        server.server_close()

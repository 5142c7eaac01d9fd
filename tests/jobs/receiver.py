"""A real receiver of callbacks on loopback: it remembers what came, and answers as it was told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network

from imgproxy_py.sources.policy import FetchPolicy
from tests.serving import Quiet, serving

LOOPBACK = FetchPolicy(
    allowed_networks=(ip_network("127.0.0.0/8"),), allowed_ports=(range(1, 65_536),)
)


@dataclass(frozen=True, kw_only=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class Receiver:
    """`statuses` are answered in turn, then 200. `silence_seconds` pass before any answer."""

    url: str
    statuses: list[int] = field(default_factory=list)
    silence_seconds: float = 0.0
    received: list[Received] = field(default_factory=list)


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    with serving(_Handler) as server:
        receiver = Receiver(url=f"http://127.0.0.1:{server.server_address[1]}/hook")
        server.receiver = receiver  # type: ignore[attr-defined]
        yield receiver


class _Handler(Quiet, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.received.append(Received(path=self.path, headers=headers, body=body))
        time.sleep(receiver.silence_seconds)
        status = receiver.statuses.pop(0) if receiver.statuses else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

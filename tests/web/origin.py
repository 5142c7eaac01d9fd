"""A real origin on loopback: answers what it was told, and remembers what it was asked."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.serving import Quiet, serving


@dataclass(kw_only=True)
class Page:
    """One answer. `body` may be a callable that writes to the connection itself. `lines` are
    headers that may repeat; a `Date` among them takes the place of the real one."""

    body: bytes | Callable[[Any], None]
    media_type: str = "image/jpeg"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    lines: tuple[tuple[str, str], ...] = ()
    announced_bytes: int | None = None
    # Headers of the 304 that a request with this page's own validators gets; its own without.
    unchanged: dict[str, str] | None = None
    # The answer waits until this is set, in another thread.
    gate: threading.Event | None = None

    def is_unchanged_for(self, asked: dict[str, str]) -> bool:
        """Whether a conditional request holds a validator of this page, exactly as it was given."""
        named = {"if-none-match": "ETag", "if-modified-since": "Last-Modified"}
        given = [(asked[name], self.headers.get(named[name])) for name in named if name in asked]
        return self.status == 200 and bool(given) and given[0][0] == given[0][1]


class Origin:
    """`pages` by path (query included); every raw request line stands in `request_lines`."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.pages: dict[str, Page] = {}
        self.anything: Page | None = None
        self.request_lines: list[str] = []
        self.requests: list[dict[str, str]] = []

    @property
    def targets(self) -> list[str]:
        return [line.split(" ")[1] for line in self.request_lines]

    def put(self, path: str, body: bytes | Callable[[Any], None], **more: Any) -> str:
        self.pages[path] = Page(body=body, **more)
        return self.url + path


def halting(body: bytes, goes_on: threading.Event) -> Callable[[Any], None]:
    """Sends half of `body`, and the rest when it `goes_on`, or a minute later."""

    def send(connection: Any) -> None:
        connection.write(body[: len(body) // 2])
        goes_on.wait(60)
        with suppress(OSError):  # whoever asked may have gone
            connection.write(body[len(body) // 2 :])

    return send


@contextmanager
def running_origin() -> Iterator[Origin]:
    with serving(_Handler) as server:
        origin = Origin(server.server_address[1])
        server.origin = origin  # type: ignore[attr-defined]
        yield origin


class _Handler(Quiet, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    raw_requestline: bytes

    def do_GET(self) -> None:
        origin: Origin = self.server.origin  # type: ignore[attr-defined]
        origin.request_lines.append(self.raw_requestline.decode("latin-1").rstrip("\r\n"))
        asked = {name.lower(): value for name, value in self.headers.items()}
        origin.requests.append(asked)
        page = self._page(origin, asked)
        has_date = any(name == "Date" for name, _ in page.lines)
        (self.send_response_only if has_date else self.send_response)(page.status)
        self.send_header("Content-Type", page.media_type)
        for name, value in (*page.headers.items(), *page.lines):
            self.send_header(name, value)
        self._send_body(page)

    def _page(self, origin: Origin, asked: dict[str, str]) -> Page:
        """What is answered, once it may be."""
        page = origin.pages.get(self.path) or origin.anything
        if page is None:
            page = Page(body=b"no such picture", media_type="text/plain", status=404)
        if page.gate is not None:
            page.gate.wait(30)
        if not page.is_unchanged_for(asked):
            return page
        headers = page.headers if page.unchanged is None else page.unchanged
        return replace(page, status=304, body=b"", headers=headers)

    def _send_body(self, page: Page) -> None:
        if callable(page.body):
            if page.announced_bytes is not None:
                self.send_header("Content-Length", str(page.announced_bytes))
            self.end_headers()
            page.body(self.wfile)
            self.close_connection = True
            return
        announced = len(page.body) if page.announced_bytes is None else page.announced_bytes
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        self.wfile.write(page.body)
        if announced != len(page.body):
            self.close_connection = True

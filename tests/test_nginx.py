"""deploy/nginx.conf, loaded by a real nginx, hands source URLs on as they were sent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.nginx import running_nginx

ANSWER = b"HTTP/1.1 303 See Other\r\nLocation: /results/a\r\nContent-Length: 0\r\n\r\n"


class Upstream:
    """Stands where the server would: answers everything, remembers the heads it was sent."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            waiting = b""
            while data := connection.recv(65_536):
                waiting += data
                if b"\r\n\r\n" in waiting:
                    self.heads.append(waiting.partition(b"\r\n\r\n")[0])
                    waiting = b""
                    connection.sendall(ANSWER)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    with upstream.socket:
        yield upstream


@pytest.fixture(scope="module")
def nginx(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an nginx with the sample in it."""
    folder = tmp_path_factory.mktemp("nginx")
    with running_nginx("nginx.conf", folder, upstream_port=upstream.port) as port:
        yield port


def ask(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/user/400/http://example.com//a//b.png", id="slashes are not merged"),
        pytest.param("/user/400/http%3A%2F%2Fexample.com%2Fa%20b%252F.png", id="escapes stay"),
        pytest.param("/user/400/https://e.com/i?url=https://x.y/z&w=1", id="the query stays"),
        pytest.param("/user/400/http://e.com/a/./b/../c.png", id="dot segments stay"),
        pytest.param("/user/400,bgcolor=fff/http://e.com/[a],{b}|c.png", id="odd characters stay"),
        pytest.param(f"/user/400/http://e.com/{'x' * 30_000}", id="30 KB fit in one line"),
    ],
)
def test_the_request_line_arrives_untouched(nginx: int, upstream: Upstream, target: str) -> None:
    answer = ask(nginx, f"GET {target} HTTP/1.1\r\nHost: img.example.com\r\n\r\n".encode())

    assert upstream.heads[-1].splitlines()[0] == f"GET {target} HTTP/1.1".encode(), answer[:200]


def test_the_redirect_to_a_result_stays_on_its_own_path(nginx: int) -> None:
    answer = ask(nginx, b"POST /user/400/http://e.com/a.png HTTP/1.1\r\nHost: img.e.com\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 303 See Other\r\n")
    assert b"\r\nLocation: /results/a\r\n" in answer


def test_an_upload_is_passed_on_before_it_is_complete(nginx: int, upstream: Upstream) -> None:
    head = b"POST /user/400 HTTP/1.1\r\nHost: img.e.com\r\nContent-Length: 5000000000\r\n\r\n"

    answer = ask(nginx, head + b"the first bytes of many")

    assert answer.startswith(b"HTTP/1.1 303 ")
    assert b"Content-Length: 5000000000" in upstream.heads[-1]

"""HTTP/1 as it goes over the wire: lines, targets, connections, and what nobody should send."""

import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.origin import Origin
from tests.web.pictures import jpeg, png
from tests.web.server import USERNAME, RunningServer


def exchange(server: RunningServer, request: bytes) -> bytes:
    """Everything the server sends until it closes."""
    with socket.create_connection((server.host, server.port), timeout=30) as sock:
        sock.sendall(request)
        received = b""
        while data := sock.recv(65_536):
            received += data
        return received


@pytest.mark.parametrize(
    ("method", "path", "line"),
    [
        ("GET", "/100/{}/p.jpg", b"HTTP/1.1 200 OK"),
        ("POST", "/100/{}/p.jpg", b"HTTP/1.1 303 See Other"),
        ("GET", "/wat/{}/p.jpg", b"HTTP/1.1 400 Bad Request"),
        ("GET", "/100/{}/none.jpg", b"HTTP/1.1 404 Not Found"),
        ("PUT", "/100/{}/p.jpg", b"HTTP/1.1 405 Method Not Allowed"),
        ("OPTIONS", "/100/{}/p.jpg", b"HTTP/1.1 204 No Content"),
    ],
)
def test_the_first_line_carries_its_reason_phrase(
    server: RunningServer, origin: Origin, method: str, path: str, line: bytes
) -> None:
    origin.put("/p.jpg", jpeg())
    target = f"/{USERNAME}" + path.format(origin.url)

    received = server.raw(
        f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )

    assert received.partition(b"\r\n")[0] == line


def test_204_carries_no_length(server: RunningServer) -> None:
    """RFC 9110, section 8.6."""
    answer = server.ask("OPTIONS", f"/{USERNAME}/full")

    assert (answer.status, answer.headers["Content-Length"]) == (204, None)


def test_a_target_in_absolute_form_is_taken_for_its_path(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/p.jpg", jpeg())
    target = f"http://public.example/{USERNAME}/100/{url}"

    received = server.raw(f"GET {target} HTTP/1.1\r\nHost: public.example\r\n\r\n".encode())

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert origin.targets == ["/p.jpg"]


def test_http_1_0_closes_after_its_answer(server: RunningServer) -> None:
    received = exchange(server, b"GET /livez HTTP/1.0\r\n\r\n")

    head, _, body = received.partition(b"\r\n\r\n")
    assert b" 200 OK\r\n" in head + b"\r\n"
    assert b"content-length: %d" % len(body) in head


def test_requests_that_do_not_wait_for_one_another_are_answered_in_their_order(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/p.jpg", jpeg())
    last = f"GET /{USERNAME}/100/{url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

    received = exchange(
        server,
        b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        b"HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /results/none HTTP/1.1\r\nHost: x\r\n\r\n" + last.encode(),
    )

    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"200", b"404", b"200"]


def test_a_connection_serves_an_upload_and_then_another_request(server: RunningServer) -> None:
    head = f"POST /{USERNAME}/30 HTTP/1.1\r\nHost: x\r\nContent-Length: {len(png())}\r\n\r\n"

    received = exchange(
        server,
        head.encode() + png() + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b'{"status":"ok"}')


def test_a_post_with_a_source_and_a_body_nobody_reads_is_answered(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/p.jpg", jpeg())
    head = f"POST /{USERNAME}/100/{url} HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"

    received = exchange(
        server,
        head.encode()
        + bytes(900_000)
        + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )

    assert received.startswith(b"HTTP/1.1 303 See Other\r\n")
    assert received.endswith(b'{"status":"ok"}')


@pytest.mark.parametrize(
    ("length", "line"), [(16_000, b"HTTP/1.1 200 OK"), (20_000, b"HTTP/1.1 400 Bad Request")]
)
def test_a_source_url_of_sixteen_kilobytes_is_fetched_and_a_longer_one_refused(
    server: RunningServer, origin: Origin, length: int, line: bytes
) -> None:
    path = "/p.jpg?x=" + "y" * length
    origin.put(path, jpeg())

    received = server.raw(
        f"GET /{USERNAME}/100/{origin.url}{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    )

    assert received.partition(b"\r\n")[0] == line


@pytest.mark.parametrize(
    "request_head",
    [
        pytest.param(
            b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", id="a target of 200 KB"
        ),
        pytest.param(
            b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
            id="a header of 200 KB",
        ),
        pytest.param(b"this is no HTTP\r\n\r\n", id="no HTTP"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no Host"),
        pytest.param(
            b"POST /user/full HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
            id="a length below 0",
        ),
    ],
)
def test_a_head_that_cannot_be_read_is_refused_with_a_sentence(
    server: RunningServer, request_head: bytes
) -> None:
    received = exchange(server, request_head)

    head, _, body = received.partition(b"\r\n\r\n")
    assert head[9:12] in (b"400", b"431")
    assert b"cache-control: no-store" in head
    assert len(body) > 10


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
def test_a_head_that_stops_in_the_middle_hurts_nobody(server: RunningServer, ending: bytes) -> None:
    with socket.create_connection((server.host, server.port)) as sock:
        sock.sendall(b"GET /user/100/http://a" + ending)

        assert server.get("/livez").status == 200


_HEADER = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(accept=_HEADER, etags=_HEADER, asked=_HEADER, if_range=_HEADER)
def test_no_header_is_too_strange(
    server: RunningServer, accept: str, etags: str, asked: str, if_range: str
) -> None:
    answer = server.ask(
        "GET",
        f"/{USERNAME}/64,format=jpeg/{server.url}/static/sample.jpg",
        {"Accept": accept, "If-None-Match": etags, "Range": f"bytes={asked}", "If-Range": if_range},
    )

    assert answer.status in (200, 206, 304, 416)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(target=st.binary(max_size=80))
def test_no_target_is_too_strange(server: RunningServer, target: bytes) -> None:
    safe = bytes(byte for byte in target if byte > 0x20 and byte != 0x7F)

    received = server.raw(b"GET /" + safe + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert received[9:12] in (b"200", b"400", b"403", b"404"), received[:200]

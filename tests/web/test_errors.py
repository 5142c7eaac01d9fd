"""Every way to fail, over real sockets, in the three shapes an error can take."""

import json
import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.web.origin import Origin
from tests.web.pictures import jpeg, png
from tests.web.server import USERNAME, Answer, RunningServer, running_server

SHAPES = {
    "": "text/plain; charset=utf-8",
    "image/*,application/im2+json": "application/im2+json",
    "text/html,application/xhtml+xml,*/*;q=0.8": "text/html; charset=utf-8",
}
# What an origin dated a moment ago has lived for that moment.
BRIEFLY = r"max-age=(60|5\d)"
NOT_AT_ALL = "no-store"


def chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises that many pixels; its data hold none of them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def put_everything(origin: Origin) -> None:
    """One page for each way in which an origin can disappoint."""
    picture = jpeg()
    origin.put("/gone.jpg", b"gone", status=410)
    origin.put("/locked.jpg", b"who are you?", status=401)
    origin.put("/forbidden.jpg", b"no", status=403)
    origin.put("/crash.jpg", b"oops", status=500)
    origin.put("/page.jpg", b"<!doctype html><title>Not a picture</title>" * 20)
    origin.put("/broken.jpg", picture[:300] + b"\x00" * 3000)
    origin.put("/cut.jpg", picture[:5000], announced_bytes=len(picture))
    origin.put("/bomb.png", png_of_size(30_000, 30_000), media_type="image/png")
    origin.put("/huge.jpg", picture, announced_bytes=60_000_000)
    origin.put("/endless.jpg", endless)
    origin.put("/zipped.jpg", picture, headers={"Content-Encoding": "gzip"})
    origin.put("/empty.jpg", b"")


def endless(connection: Any) -> None:
    for _ in range(60):
        connection.write(jpeg()[:1000] + bytes(999_000))


ORIGIN_FAULTS = [
    ("/missing.jpg", 404, "source_not_found", BRIEFLY),
    ("/gone.jpg", 404, "source_not_found", BRIEFLY),
    ("/locked.jpg", 403, "source_forbidden", NOT_AT_ALL),
    ("/forbidden.jpg", 403, "source_forbidden", NOT_AT_ALL),
    ("/crash.jpg", 502, "origin_failed", NOT_AT_ALL),
    ("/page.jpg", 415, "not_an_image", BRIEFLY),
    ("/broken.jpg", 422, "broken_image", BRIEFLY),
    ("/cut.jpg", 502, "source_truncated", NOT_AT_ALL),
    ("/bomb.png", 413, "image_too_large", BRIEFLY),
    ("/huge.jpg", 413, "source_too_large", BRIEFLY),
    ("/endless.jpg", 413, "source_too_large", BRIEFLY),
    ("/zipped.jpg", 502, "source_encoded", NOT_AT_ALL),
]


@pytest.mark.parametrize(("path", "status", "code", "cache_control"), ORIGIN_FAULTS)
def test_each_fault_of_an_origin_has_its_status_and_code(
    server: RunningServer, origin: Origin, path: str, status: int, code: str, cache_control: str
) -> None:
    put_everything(origin)

    answer = server.get(
        f"/{USERNAME}/100/{origin.url}{path}", Accept="image/*,application/im2+json"
    )

    told = json.loads(answer.body)
    assert (answer.status, told["status"], told["code"]) == (status, status, code)
    assert re.fullmatch(cache_control, str(answer.headers["Cache-Control"]))
    assert_safe(answer)


def test_an_empty_source_is_no_image(server: RunningServer, origin: Origin) -> None:
    put_everything(origin)

    assert server.get(f"/{USERNAME}/100/{origin.url}/empty.jpg").status == 415


REQUEST_FAULTS: list[tuple[str, str, int, str]] = [
    ("GET", "/user/100x100,wat=9/https://a.example/b.jpg", 400, "option_unknown"),
    ("GET", "/nobody/full/https://a.example/b.jpg", 403, "IM2ACCOUNT"),
    ("POST", "/nobody/full", 403, "IM2ACCOUNT"),
    ("GET", "//full/https://a.example/b.jpg", 403, "IM2ACCOUNT"),
    ("GET", "/%61pi/full/https://a.example/b.jpg", 403, "IM2ACCOUNT"),
    ("GET", "/user", 400, "options_missing"),
    ("GET", "/user//https://a.example/b.jpg", 400, "options_missing"),
    ("GET", "/user/full", 400, "source_missing"),
    ("HEAD", "/user/full/", 400, "source_missing"),
    ("GET", "/user/full/picture.jpg", 400, "source_url_invalid"),
    ("GET", "/user/full/ftp://a.example/b.jpg", 400, "source_url_invalid"),
    ("GET", "/user/full/file:///etc/passwd", 400, "source_url_invalid"),
    ("GET", "/user/full/data:image/png;base64,AAAA", 400, "source_url_invalid"),
    ("POST", "/user/full", 400, "upload_empty"),
    ("PUT", "/user/full/https://a.example/b.jpg", 405, "method_not_allowed"),
    ("DELETE", "/results/abc", 405, "method_not_allowed"),
    ("GET", "/results/abc", 404, "result_not_found"),
    ("GET", "/static/nothing.jpg", 404, "page_not_found"),
]


@pytest.mark.parametrize("accept", SHAPES, ids=["text", "im2", "html"])
@pytest.mark.parametrize(("method", "target", "status", "code"), REQUEST_FAULTS)
def test_each_fault_of_a_request_is_told_in_the_shape_that_is_asked_for(
    server: RunningServer, accept: str, method: str, target: str, status: int, code: str
) -> None:
    answer = server.ask(method, target, {"Accept": accept})

    assert answer.status == status
    assert answer.headers["Content-Type"] == SHAPES[accept]
    told = BRIEFLY if code == "page_not_found" else NOT_AT_ALL
    assert re.fullmatch(told, str(answer.headers["Cache-Control"]))
    assert_safe(answer, has_body=method != "HEAD")
    if "im2" in accept and method != "HEAD":
        assert json.loads(answer.body)["code"] == code
    if code == "IM2ACCOUNT":
        assert b"IM2ACCOUNT" in answer.body


def assert_safe(answer: Answer, *, has_body: bool = True) -> None:
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in str(answer.headers["Content-Security-Policy"])
    assert int(answer.headers["Content-Length"]) > 10
    assert bool(answer.body) is has_body


def test_a_method_that_is_not_answered_is_told_which_ones_are(server: RunningServer) -> None:
    answer = server.ask("PUT", f"/{USERNAME}/full/https://a.example/b.jpg")

    assert (answer.status, answer.reason) == (405, "Method Not Allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_the_marker_stands_exactly_under_the_fault(server: RunningServer) -> None:
    answer = server.get(f"/{USERNAME}/100x100%2Cwat=9,quality=low/https://a.example/b.jpg")

    assert answer.body.decode().splitlines() == [
        'unknown option "wat=9"',
        "    100x100,wat=9,quality=low",
        "            ^^^^^",
    ]


def test_a_page_repeats_what_was_asked_harmlessly_and_names_the_next_step(
    server: RunningServer,
) -> None:
    probe = "<script>alert(1)</script>"

    target = f"/{USERNAME}/100,{probe.replace('/', '%2F')},'\"/https://a.example/{probe}"
    received = server.raw(
        f"GET {target} HTTP/1.1\r\nHost: x\r\n"
        "Accept: text/html\r\nConnection: close\r\n\r\n".encode()
    )

    page = received.partition(b"\r\n\r\n")[2].decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Correct the marked part of the address" in page


def test_a_source_host_that_nobody_knows_is_not_found(server: RunningServer) -> None:
    answer = server.get(f"/{USERNAME}/full/https://no-such-host.invalid/a.png")

    assert (answer.status, answer.body) == (404, b"the source's host name has no address\n")


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of little patience and small limits."""
    data_dir = tmp_path_factory.mktemp("impatient") / "data"
    settings = {"FIRST_BYTE_SECONDS": "0.5", "IDLE_SECONDS": "0.5", "MAX_SOURCE_BYTES": "3000000"}
    with running_server(data_dir, **settings, ENGINE_WORKERS="1") as running:
        yield running


def silent(seconds: float) -> Callable[[Any], None]:
    return lambda _: time.sleep(seconds)


class TestAnOriginThatIsTooSlow:
    def test_is_answered_504(self, impatient: RunningServer, origin: Origin) -> None:
        url = origin.put("/silent.jpg", silent(30), announced_bytes=10)

        answer = impatient.get(f"/{USERNAME}/100/{url}", Accept="application/im2+json")

        assert (answer.status, json.loads(answer.body)["code"]) == (504, "origin_timeout")
        assert answer.headers["Cache-Control"] == NOT_AT_ALL


class TestUploads:
    def test_an_unknown_user_is_refused_before_the_picture_is_read(
        self, server: RunningServer
    ) -> None:
        head = "POST /nobody/full HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\n"

        started_at = time.monotonic()
        received = server.raw(head.encode() + png())

        assert received.startswith(b"HTTP/1.1 403 Forbidden\r\n")
        assert time.monotonic() - started_at < 10

    @pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "streamed"])
    def test_more_than_the_limit_is_413_and_the_answer_arrives(
        self, impatient: RunningServer, is_announced: bool
    ) -> None:
        """`MAX_SOURCE_BYTES` is 3 MB there. Clients such as Python's send everything first."""
        body = bytes(4_000_000)
        framing, sent = f"Content-Length: {len(body)}", body
        if not is_announced:
            framing = "Transfer-Encoding: chunked"
            sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        head = f"POST /{USERNAME}/full HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n"

        received = impatient.raw(head.encode() + sent)

        assert received.startswith(b"HTTP/1.1 413 ")
        assert b"a source image may have at most 3000000 bytes" in received

    def test_a_body_that_is_no_picture_is_415(self, server: RunningServer) -> None:
        answer = server.ask("POST", f"/{USERNAME}/full", {}, b"just a text, no picture at all")

        assert answer.status == 415

    def test_a_form_without_a_file_is_400(self, server: RunningServer) -> None:
        body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'

        answer = server.ask(
            "POST", f"/{USERNAME}/full", {"Content-Type": "multipart/form-data; boundary=b"}, body
        )

        assert answer.status == 400
        assert b"the form holds no file" in answer.body

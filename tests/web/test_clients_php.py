"""What clients written in PHP put on the wire, replayed byte for byte."""

import hashlib
import json
from urllib.parse import quote

import pytest

from tests.web.forms import multipart, request_with, upload
from tests.web.origin import Origin, Page
from tests.web.pictures import jpeg, opened, png
from tests.web.server import USERNAME, RunningServer


def head_and_body(received: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return status_line, {name.lower(): value.strip() for name, _, value in pairs}, body


class TestPhp:
    """`imageoptim/imageoptim` 1.x."""

    def test_an_encoded_source_reaches_the_origin_decoded_once(
        self, server: RunningServer, origin: Origin
    ) -> None:
        origin.anything = Page(body=jpeg())
        source = f"http://127.0.0.1:{origin.port}/a b/é%2F,c.png?x=1&y=2#f"
        target = f"/{USERNAME}/160x100,crop,2x,quality=low,timeout=34.5,bgcolor=FFffFF/" + quote(
            source, safe=""
        )
        request = (
            f"POST {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "User-Agent: ImageOptim-php/1.1 PHP/8.2.35\r\n"
            "Accept: image/*,application/im2+json\r\n\r\n"
        )

        status_line, headers, _ = head_and_body(server.raw(request.encode()))
        result = server.get(headers["location"])

        assert status_line == "HTTP/1.1 303 See Other"
        assert origin.targets == ["/a%20b/%C3%A9%2F,c.png?x=1&y=2"]
        picture = opened(result.body)
        assert (picture.width, picture.height) == (320, 200)

    def test_its_upload_with_a_comma_before_the_boundary_and_a_wrong_md5(
        self, server: RunningServer
    ) -> None:
        boundary = "XXX" + hashlib.md5(b"ImageOptim.png").hexdigest()
        body = multipart(
            png(),
            boundary=boundary,
            disposition='form-data; name="file"; filename="ImageOptim.png"',
            part_headers=(
                "Content-Type: application/octet-stream",
                "Content-Transfer-Encoding: binary",
            ),
            ends_with="--",
        )

        answer = upload(
            server,
            "32",
            f"multipart/form-data, boundary={boundary}",
            body,
            Content_MD5=hashlib.md5(b"/tmp/ImageOptim.png").hexdigest(),
        )

        picture = opened(answer.body)
        assert (answer.status, picture.width, picture.height) == (200, 32, 32)

    @pytest.mark.parametrize(
        ("username", "path", "status", "code"),
        [
            pytest.param("nobody", "/image.jpg", 403, "IM2ACCOUNT", id="unknown username"),
            pytest.param(USERNAME, "/forbidden.jpg", 403, "source_forbidden", id="origin says 403"),
            pytest.param(USERNAME, "/missing.jpg", 404, "source_not_found", id="origin says 404"),
        ],
    )
    def test_errors_are_told_in_im2_json(
        self,
        server: RunningServer,
        origin: Origin,
        username: str,
        path: str,
        status: int,
        code: str,
    ) -> None:
        origin.put("/image.jpg", jpeg())
        origin.put("/forbidden.jpg", b"no", status=403)

        answer = server.ask(
            "POST",
            f"/{username}/full/{quote(origin.url + path, safe='')}",
            {"Accept": "image/*,application/im2+json"},
        )

        told = json.loads(answer.body)
        assert answer.headers["Content-Type"] == "application/im2+json"
        assert (answer.status, told["status"], told["code"]) == (status, status, code)
        assert told["error"]

    def test_an_unknown_host_is_not_found(self, server: RunningServer) -> None:
        answer = server.ask(
            "POST",
            f"/{USERNAME}/full/http%3A%2F%2Fno-such-host.invalid%2Fa.png",
            {"Accept": "application/im2+json"},
        )

        assert (answer.status, json.loads(answer.body)["code"]) == (404, "source_not_found")


class TestContentManagement:
    """Plugins of Drupal and MODX."""

    def test_drupals_http_1_0_upload_is_answered_and_the_connection_closed(
        self, server: RunningServer
    ) -> None:
        request = request_with(multipart(png()), version="1.0")

        status_line, headers, answer = head_and_body(server.raw(request))

        assert status_line.endswith(" 200 OK")
        assert 0 < int(headers["content-length"]) == len(answer)

    def test_the_first_line_is_exactly_what_modx_compares_it_with(
        self, server: RunningServer
    ) -> None:
        received = server.raw(request_with(multipart(png())))

        assert received.partition(b"\r\n")[0] == b"HTTP/1.1 200 OK"

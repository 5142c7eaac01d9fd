"""What real clients of ImageOptim's API put on the wire, replayed byte for byte."""

import hashlib
import json
from urllib.parse import quote

import pytest

from tests.web.forms import multipart, upload
from tests.web.origin import Origin, Page
from tests.web.pictures import jpeg, opened, png
from tests.web.server import USERNAME, RunningServer


def head_and_body(received: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return status_line, {name.lower(): value.strip() for name, _, value in pairs}, body


class TestCurl:
    def test_post_with_a_source_is_redirected_to_a_result_that_answers_post(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/image.jpg", jpeg())

        first = server.ask("POST", f"/{USERNAME}/320/{url}", {"Accept": "*/*"})
        second = server.ask("POST", first.headers["Location"], {"Accept": "*/*"})

        assert (first.status, first.body) == (303, b"")
        assert first.headers["Content-Length"] == "0"
        assert first.headers["Location"].startswith("/results/")
        assert second.status == 200
        assert opened(second.body).width == 320

    def test_get_head_and_post_of_a_result_agree(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/image.jpg", jpeg())
        location = server.ask("POST", f"/{USERNAME}/300/{url}").headers["Location"]

        answers = [server.ask(method, location) for method in ("GET", "POST", "HEAD")]

        assert answers[0].body == answers[1].body
        assert answers[2].body == b""
        lengths = {answer.headers["Content-Length"] for answer in answers}
        assert lengths == {str(len(answers[0].body))}

    def test_an_upload_form_is_answered_with_the_picture(self, server: RunningServer) -> None:
        answer = upload(
            server,
            "full",
            "multipart/form-data; boundary=------------------------abc",
            multipart(jpeg(), boundary="------------------------abc"),
        )

        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert len(answer.body) < len(jpeg())

    def test_an_upload_that_waits_for_100_continue_is_told_to_go_on(
        self, server: RunningServer
    ) -> None:
        body = multipart(png())
        head = (
            f"POST /{USERNAME}/full HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
            f"Content-Type: multipart/form-data; boundary=b0undary\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )

        received = server.raw(head.encode() + body)

        assert received.startswith(b"HTTP/1.1 100 Continue\r\n")
        assert b"\r\n\r\nHTTP/1.1 200 OK\r\n" in received

    def test_raw_bytes_above_ascii_in_the_target_reach_the_origin_escaped(
        self, server: RunningServer, origin: Origin
    ) -> None:
        origin.put("/caf%C3%A9.jpg", jpeg())
        target = f"/{USERNAME}/50/{origin.url}/café.jpg"

        received = server.raw(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

        assert received.startswith(b"HTTP/1.1 200 OK\r\n")
        assert origin.targets == ["/caf%C3%A9.jpg"]


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


class TestNode:
    """npm `image-optim-upload` 1.3.3 (superagent 4)."""

    @pytest.mark.parametrize(
        ("options", "size"),
        [
            ("quality=medium,timeout=30,300x200", (267, 200)),
            (
                (
                    "quality=medium,timeout=100,multiply=2x,fit,scaleDown,crop,trim=border,"
                    "format=jpeg,300x400"
                ),
                (600, 800),
            ),
            ("quality=low,timeout=30,crop=auto,300x400", (300, 400)),
            ("quality=medium,timeout=30,cropX=0.3,cropY=0.2,300x400,0.3x0.2", (300, 400)),
        ],
    )
    def test_its_option_strings_are_done_as_meant(
        self, server: RunningServer, origin: Origin, options: str, size: tuple[int, int]
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        first = server.ask("POST", f"/{USERNAME}/{options}/{url}", {"Content-Length": "0"})
        picture = opened(server.get(first.headers["Location"]).body)

        assert first.status == 303
        assert (picture.width, picture.height) == size


class TestDotNet:
    """`ImageOptimApi`."""

    def test_its_upload_has_a_trailing_slash_a_quoted_boundary_and_bare_parameters(
        self, server: RunningServer
    ) -> None:
        body = multipart(
            png(),
            boundary="5c0ffee",
            disposition="form-data; name=file; filename=foo.png; filename*=utf-8''foo.png",
            part_headers=(),
        )

        answer = upload(server, "64/", 'multipart/form-data; boundary="5c0ffee"', body)

        assert (answer.status, opened(answer.body).width) == (200, 64)

    def test_it_reads_a_warning_for_each_thing_said_a_little_wrong(
        self, server: RunningServer
    ) -> None:
        body = multipart(jpeg())

        answer = upload(
            server,
            "100x80,low,FF00aa,crop=50x20",
            "multipart/form-data; boundary=b0undary",
            body,
        )

        warnings = answer.all("Warning")
        assert answer.status == 200
        assert len(warnings) == 3
        assert all(warning.startswith('299 imgproxy-py "') for warning in warnings)
        assert opened(answer.body).width == 100


class TestOthers:
    def test_drupals_http_1_0_upload_is_answered_and_the_connection_closed(
        self, server: RunningServer
    ) -> None:
        body = multipart(png())
        request = (
            f"POST /{USERNAME}/full HTTP/1.0\r\nHost: localhost\r\n"
            "Content-Type: multipart/form-data; boundary=b0undary\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )

        status_line, headers, answer = head_and_body(server.raw(request.encode() + body))

        assert status_line.endswith(" 200 OK")
        assert 0 < int(headers["content-length"]) == len(answer)

    def test_the_first_line_is_exactly_what_modx_compares_it_with(
        self, server: RunningServer
    ) -> None:
        body = multipart(png())
        request = (
            f"POST /{USERNAME}/full HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: multipart/form-data; boundary=b0undary\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )

        received = server.raw(request.encode() + body)

        assert received.partition(b"\r\n")[0] == b"HTTP/1.1 200 OK"

    def test_a_file_part_without_content_type_named_upload_file(
        self, server: RunningServer
    ) -> None:
        body = multipart(
            png(),
            disposition='form-data; name="upload_file"; filename="a.png"',
            part_headers=(),
        )

        answer = upload(
            server,
            "full",
            "multipart/form-data; boundary=b0undary",
            body,
            Accept_Encoding="gzip, deflate",
        )

        assert answer.status == 200
        assert answer.headers["Content-Encoding"] is None
        assert int(answer.headers["Content-Length"]) == len(answer.body)

    def test_a_raw_body_under_a_wrong_label_is_an_upload_too(self, server: RunningServer) -> None:
        answer = upload(server, "40", "application/x-www-form-urlencoded", png())

        assert (answer.status, opened(answer.body).width) == (200, 40)

    def test_java_needs_a_plain_200_after_redirects(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.png", jpeg())

        first = server.ask("POST", f"/{USERNAME}/quality=high,format=jpg/{url}")
        answer = server.get(first.headers["Location"])

        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")

    def test_browsers_may_read_pictures_and_errors_across_origins(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        preflight = server.ask(
            "OPTIONS",
            f"/{USERNAME}/full",
            {"Origin": "https://site.example", "Access-Control-Request-Method": "POST"},
        )
        answers = [server.get(f"/{USERNAME}/40,2x/{url}"), server.get(f"/{USERNAME}/wat/{url}")]

        assert preflight.status == 204
        assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST, OPTIONS"
        assert [answer.headers["Access-Control-Allow-Origin"] for answer in answers] == ["*", "*"]

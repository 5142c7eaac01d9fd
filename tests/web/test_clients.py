"""What other clients of ImageOptim's API put on the wire, replayed byte for byte."""

import pytest

from tests.web.forms import multipart, upload
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened, png
from tests.web.server import USERNAME, RunningServer


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
        methods = preflight.headers["Access-Control-Allow-Methods"]
        assert methods == "GET, HEAD, POST, DELETE, OPTIONS"
        assert [answer.headers["Access-Control-Allow-Origin"] for answer in answers] == ["*", "*"]

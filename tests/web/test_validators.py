"""Validators and ranges: 200, 206, 304 and 416 over the wire (RFC 9110, sections 8, 13 and 14)."""

import hashlib
from email.utils import formatdate

import pytest

from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME, result_of
from tests.web.server import USERNAME, Answer, RunningServer


class TestValidators:
    def test_the_etag_is_the_hash_of_the_very_bytes(
        self, server: RunningServer, origin: Origin
    ) -> None:
        answer = server.get(result_of(server, origin, headers={"ETag": '"origin"'}))

        assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.body).hexdigest()}"'

    def test_each_representation_has_its_own(self, server: RunningServer, origin: Origin) -> None:
        url = origin.put("/photo.jpg", jpeg())

        answers = [
            server.get(f"/{USERNAME}/120/{url}", Accept=accept) for accept in ("*/*", CHROME)
        ]

        assert len({answer.headers["Content-Type"] for answer in answers}) == 2
        assert len({answer.headers["ETag"] for answer in answers}) == 2

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x" , W/{}, "y"', "*"])
    def test_a_copy_that_is_good_is_not_sent_again(
        self, server: RunningServer, origin: Origin, form: str
    ) -> None:
        target = f"/{USERNAME}/120/{origin.put('/photo.jpg', jpeg())}"
        etag = str(server.get(target).headers["ETag"])

        answer = server.get(target, If_None_Match=form.format(etag))

        assert (answer.status, answer.reason, answer.body) == (304, "Not Modified", b"")
        assert answer.headers["ETag"] == etag
        assert answer.headers["Vary"] == "Accept"
        assert str(answer.headers["Cache-Control"]).startswith("public, max-age=")
        assert answer.headers["Date"]
        assert answer.headers["Content-Length"] is None
        assert len(origin.requests) == 1

    def test_a_date_decides_where_no_etag_stands(
        self, server: RunningServer, origin: Origin
    ) -> None:
        location = result_of(server, origin)
        modified = str(server.get(location).headers["Last-Modified"])

        same = server.get(location, If_Modified_Since=modified)
        older = server.get(location, If_Modified_Since=formatdate(0, usegmt=True))
        other = server.get(location, If_Modified_Since=modified, If_None_Match='"other"')

        assert [answer.status for answer in (same, older, other)] == [304, 200, 200]

    def test_head_tells_what_get_would(self, server: RunningServer, origin: Origin) -> None:
        location = result_of(server, origin)

        get, head = (server.ask(method, location) for method in ("GET", "HEAD"))

        def told(answer: Answer) -> dict[str, str]:
            return {name.lower(): value for name, value in answer.headers.items() if name != "date"}

        assert told(get) == told(head)
        assert head.body == b""


class TestRanges:
    @pytest.fixture
    def location(self, server: RunningServer, origin: Origin) -> str:
        return result_of(server, origin)

    @pytest.mark.parametrize(
        ("asked", "start", "end"),
        [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-7", -7, None)],
    )
    def test_a_part_is_206_and_says_which(
        self, server: RunningServer, location: str, asked: str, start: int, end: int | None
    ) -> None:
        whole = server.get(location).body

        part = server.ask("GET", location, {"Range": asked})

        assert (part.status, part.reason) == (206, "Partial Content")
        assert part.body == whole[start:end]
        first = start % len(whole)
        assert part.headers["Content-Range"] == (
            f"bytes {first}-{first + len(part.body) - 1}/{len(whole)}"
        )
        assert part.headers["Content-Type"] == "image/jpeg"

    def test_several_ranges_are_answered_whole(self, server: RunningServer, location: str) -> None:
        assert server.ask("GET", location, {"Range": "bytes=0-1,4-5"}).status == 200

    def test_head_knows_no_ranges(self, server: RunningServer, location: str) -> None:
        assert server.ask("HEAD", location, {"Range": "bytes=0-1"}).status == 200

    def test_beyond_the_end_is_416_with_the_length(
        self, server: RunningServer, location: str
    ) -> None:
        whole = server.get(location).body

        answer = server.ask("GET", location, {"Range": "bytes=999999999-"})

        assert (answer.status, answer.reason[:13]) == (416, "Requested Ran")
        assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.body

    def test_if_range_protects_from_mixing_two_versions(
        self, server: RunningServer, location: str
    ) -> None:
        etag = str(server.get(location).headers["ETag"])

        same = server.ask("GET", location, {"Range": "bytes=0-1", "If-Range": etag})
        other = server.ask("GET", location, {"Range": "bytes=0-1", "If-Range": '"other"'})

        assert [same.status, other.status] == [206, 200]

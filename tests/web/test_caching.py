"""Results as HTTP resources: validators, ranges, freshness, what is kept and what is not."""

import hashlib
import itertools
import os
import re
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.web.forms import multipart
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened, png
from tests.web.server import USERNAME, Answer, RunningServer, running_server

CHROME = "image/avif,image/webp,image/*,*/*;q=0.8"
_widths = itertools.count(41)


def result_of(server: RunningServer, origin: Origin, **page: object) -> str:
    """The URL of a fresh result."""
    url = origin.put("/photo.jpg", jpeg(), **page)
    first = server.ask("POST", f"/{USERNAME}/120/{url}")
    assert first.status == 303, first.body
    return str(first.headers["Location"])


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


class TestVary:
    @pytest.mark.parametrize(
        ("options", "varies"), [("100", True), ("100,format=jpeg", False), ("meta", False)]
    )
    def test_accept_is_named_exactly_when_it_decided(
        self, server: RunningServer, origin: Origin, options: str, varies: bool
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        answer = server.get(f"/{USERNAME}/{options}/{url}", Accept=CHROME)

        assert answer.status == 200
        assert answer.headers["Vary"] == ("Accept" if varies else None)

    def test_a_fixed_format_is_made_once_for_all_clients(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        answers = [
            server.get(f"/{USERNAME}/100,format=png/{url}", Accept=accept)
            for accept in ("*/*", CHROME)
        ]

        assert answers[1].headers["Cache-Status"] == "imgproxy-py; hit"
        assert answers[0].body == answers[1].body


class TestFreshness:
    @pytest.mark.parametrize(
        ("said", "passed_on"),
        [
            ("max-age=1000", r"public, max-age=(\d+)"),
            ("max-age=1000, immutable", r"public, max-age=(\d+), immutable"),
            ("public, s-maxage=1000, max-age=0", r"public, max-age=0, s-maxage=(\d+)"),
            ("max-age=1000, must-revalidate", r"public, max-age=(\d+), must-revalidate"),
            ("max-age=1000, no-cache", r"public, no-cache, max-age=(\d+)"),
            (
                "max-age=1000, stale-while-revalidate=60",
                r"public, max-age=(\d+), stale-while-revalidate=60",
            ),
            ("private, max-age=1000", r"private, max-age=(\d+)"),
            ("no-store", r"no-store"),
        ],
    )
    def test_what_the_origin_said_is_passed_on_less_its_age(
        self, server: RunningServer, origin: Origin, said: str, passed_on: str
    ) -> None:
        headers = {"Cache-Control": said, "Age": "400"}
        url = origin.put("/photo.jpg", jpeg(), headers=headers)

        answer = server.get(f"/{USERNAME}/100/{url}")

        match = re.fullmatch(passed_on, str(answer.headers["Cache-Control"]))
        assert match, answer.headers["Cache-Control"]
        assert all(590 <= int(seconds) <= 600 for seconds in match.groups())

    def test_an_origin_that_says_nothing_gets_the_default(
        self, server: RunningServer, origin: Origin
    ) -> None:
        answer = server.get(f"/{USERNAME}/100/{origin.put('/photo.jpg', jpeg())}")

        seconds = int(str(answer.headers["Cache-Control"]).removeprefix("public, max-age="))
        assert 86_390 <= seconds <= 86_400

    def test_a_second_request_is_a_hit_and_the_origin_is_left_alone(
        self, server: RunningServer, origin: Origin
    ) -> None:
        target = f"/{USERNAME}/100/{origin.put('/photo.jpg', jpeg())}"

        first, second = server.get(target), server.get(target)

        assert first.headers["Cache-Status"] == "imgproxy-py; fwd=miss; stored"
        assert second.headers["Cache-Status"] == "imgproxy-py; hit"
        assert first.body == second.body
        assert len(origin.request_lines) == 1

    def test_the_order_of_options_makes_no_second_result(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        server.get(f"/{USERNAME}/100x100,crop,quality=low/{url}")
        again = server.get(f"/{USERNAME}/quality=low,crop,100x100,timeout=20/{url}")

        assert again.headers["Cache-Status"] == "imgproxy-py; hit"

    @pytest.mark.parametrize(
        "headers",
        [
            {"Cache-Control": "no-store"},
            {"Cache-Control": "private, max-age=900"},
            {"Set-Cookie": "a=b"},
            {"Vary": "*"},
        ],
        ids=["no-store", "private", "a cookie", "varies always"],
    )
    def test_what_may_not_be_stored_is_answered_200_and_fetched_each_time(
        self, server: RunningServer, origin: Origin, headers: dict[str, str]
    ) -> None:
        target = f"/{USERNAME}/100/{origin.put('/photo.jpg', jpeg(), headers=headers)}"

        answers = [server.ask("POST", target), server.ask("POST", target)]

        assert [answer.status for answer in answers] == [200, 200]
        assert {answer.headers["Cache-Status"] for answer in answers} == {"imgproxy-py; fwd=miss"}
        assert len(origin.requests) == 2

    def test_a_result_of_a_result_is_as_private_as_its_source(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers={"Cache-Control": "no-store"})

        answer = server.ask("POST", f"/{USERNAME}/50/{server.url}/{USERNAME}/200/{url}")

        assert (answer.status, opened(answer.body).width) == (200, 50)
        assert answer.headers["Cache-Control"] == "no-store"

    def test_a_source_whose_freshness_is_over_is_asked_for_again(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=1"}
        target = f"/{USERNAME}/100/{origin.put('/photo.jpg', jpeg(), headers=headers)}"

        server.get(target)
        time.sleep(1.1)
        server.get(target)

        assert len(origin.requests) == 2

    def test_a_failure_is_not_taken_for_a_result(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg()[:3000], announced_bytes=9000)
        failed = server.get(f"/{USERNAME}/100/{url}")
        origin.put("/photo.jpg", jpeg())

        answer = server.get(f"/{USERNAME}/100/{url}")

        assert (failed.status, answer.status) == (502, 200)


class TestProof:
    def test_a_result_tells_how_long_each_stage_took(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        answer = server.get(f"/{USERNAME}/{next(_widths)}/{url}")

        stages = str(answer.headers["Server-Timing"]).split(", ")
        assert [stage.partition(";dur=")[0] for stage in stages] == [
            "fetch",
            "decode",
            "search",
            "encode",
        ]
        assert all(float(stage.partition(";dur=")[2]) >= 0 for stage in stages)

    @pytest.mark.parametrize(
        ("path", "name"),
        [
            ("/holiday%20photo.jpeg", "holiday%20photo.jpg"),
            ("/caf%C3%A9.png?x=1", "caf%C3%A9.jpg"),
            ("/", "image.jpg"),
            ("/..%2F..%2Fetc%2Fpasswd", "passwd.jpg"),
            ("/a%22%0D%0AX-Evil:%201.jpg", "a_X-Evil_%201.jpg"),
            ("/" + "n" * 300 + ".jpg", "n" * 80 + ".jpg"),
        ],
    )
    def test_the_name_to_save_under_is_the_sources_and_harmless(
        self, server: RunningServer, origin: Origin, path: str, name: str
    ) -> None:
        url = origin.put(path, jpeg())

        answer = server.get(f"/{USERNAME}/100,format=jpeg/{url}")

        assert answer.headers["Content-Disposition"] == f"inline; filename*=UTF-8''{name}"
        assert answer.headers["X-Evil"] is None


class TestResultUrls:
    def test_an_unknown_result_is_404(self, server: RunningServer) -> None:
        answer = server.get("/results/" + "A" * 24)

        assert answer.status == 404
        assert b"there is no such result here" in answer.body

    def test_another_secret_makes_other_urls_and_the_same_one_the_same(
        self, server: RunningServer, origin: Origin, tmp_path: Path
    ) -> None:
        here = result_of(server, origin)
        with running_server(tmp_path / "other", ENGINE_WORKERS="1") as other:
            there = result_of(other, origin)
            unknown = other.get(here)

        assert here == result_of(server, origin)
        assert here != there
        assert unknown.status == 404

    def test_a_result_survives_a_restart_unless_its_file_was_damaged(
        self, origin: Origin, tmp_path: Path
    ) -> None:
        contents = tmp_path / "results" / "contents"
        with running_server(tmp_path, ENGINE_WORKERS="1") as first:
            damaged = result_of(first, origin)
            for path in (path for path in contents.rglob("*") if path.is_file()):
                os.truncate(path, path.stat().st_size // 2)
            whole = first.ask("POST", f"/{USERNAME}/90/{origin.url}/photo.jpg").headers["Location"]
            before = first.get(whole)
        with running_server(tmp_path, ENGINE_WORKERS="1") as second:
            after = second.get(whole)
            lost = second.get(damaged)

        assert (after.status, after.body) == (200, before.body)
        assert after.headers["ETag"] == before.headers["ETag"]
        assert lost.status == 404


def test_an_upload_is_answered_for_its_sender_alone(server: RunningServer) -> None:
    answer = server.ask("POST", f"/{USERNAME}/full", {"If-None-Match": "*"}, png())

    assert answer.status == 200
    assert str(answer.headers["Cache-Control"]).startswith("private, max-age=")


class TestUnderItsOwnUrl:
    def test_a_stored_result_does_not_vary(self, server: RunningServer, origin: Origin) -> None:
        url = origin.put("/own.jpg", jpeg())

        redirect = server.ask("POST", f"/{USERNAME}/77/{url}")
        result = server.get(redirect.headers["Location"])

        assert result.status == 200
        assert result.headers["Vary"] is None

    def test_the_same_upload_of_somebody_else_keeps_their_file_name_to_themselves(
        self, server: RunningServer
    ) -> None:
        names = []
        for name in ("alice-merger.png", "bob.png"):
            body = multipart(png(91, 91), disposition=f'form-data; name="file"; filename="{name}"')
            answer = server.ask(
                "POST",
                f"/{USERNAME}/30",
                {"Content-Type": "multipart/form-data; boundary=b0undary"},
                body,
            )
            names.append(answer.headers["Content-Disposition"])

        assert "alice-merger" in names[0]
        assert "bob" in names[1]
        assert "alice" not in names[1]

"""What is kept, for how long and for whom: `Vary`, `Cache-Control`, `Cache-Status`."""

import re
import time

import pytest

from tests.web.asking import is_hit
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened
from tests.web.result_urls import CHROME
from tests.web.server import USERNAME, RunningServer


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

        assert is_hit(answers[1])
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

        assert re.fullmatch(
            r"imgproxy-py; fwd=miss; ttl=\d+; stored", str(first.headers["Cache-Status"])
        )
        assert is_hit(second)
        assert first.body == second.body
        assert len(origin.request_lines) == 1

    def test_the_order_of_options_makes_no_second_result(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        server.get(f"/{USERNAME}/100x100,crop,quality=low/{url}")
        again = server.get(f"/{USERNAME}/quality=low,crop,100x100,timeout=20/{url}")

        assert is_hit(again)

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

    @pytest.mark.parametrize(
        ("said", "passed_on"),
        [
            ("private, max-age=1000", "no-store"),
            ("no-store", "no-store"),
            ("max-age=30", r"max-age=(30|2\d)"),
            ("max-age=1000", "max-age=60"),
        ],
    )
    @pytest.mark.parametrize(
        ("data", "status"), [(b"no picture", 415), (jpeg()[:900], 422)], ids=["none", "broken"]
    )
    def test_a_fault_of_a_source_is_kept_as_its_picture_would_be(
        self,
        server: RunningServer,
        origin: Origin,
        said: str,
        passed_on: str,
        data: bytes,
        status: int,
    ) -> None:
        url = origin.put("/fault.jpg", data, headers={"Cache-Control": said})

        answer = server.get(f"/{USERNAME}/100/{url}")

        assert answer.status == status
        assert re.fullmatch(passed_on, str(answer.headers["Cache-Control"]))

    def test_a_failure_is_not_taken_for_a_result(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg()[:3000], announced_bytes=9000)
        failed = server.get(f"/{USERNAME}/100/{url}")
        origin.put("/photo.jpg", jpeg())

        answer = server.get(f"/{USERNAME}/100/{url}")

        assert (failed.status, answer.status) == (502, 200)

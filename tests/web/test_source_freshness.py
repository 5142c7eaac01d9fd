"""What we know of sources: when an origin is asked, with what, and what its answer changes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.waiting import eventually
from tests.web.asking import fetch, picture
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened
from tests.web.server import USERNAME, Answer, RunningServer

WIDTHS = (40, 60, 80, 100, 120)


def status_of(answer: Answer) -> str:
    """`Cache-Status` without the time that is left."""
    told = str(answer.headers["Cache-Status"]).removeprefix("imgproxy-py; ")
    return "; ".join(part for part in told.split("; ") if not part.startswith("ttl="))


def conditions(asked: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if name.startswith("if-")}


class TestFresh:
    def test_five_widths_of_a_picture_cost_one_fetch(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        answers = [fetch(server, str(width), url) for width in WIDTHS]

        assert [picture(answer).width for answer in answers] == list(WIDTHS)
        assert len(origin.requests) == 1

    def test_five_widths_at_the_same_time_cost_one_fetch(
        self, server: RunningServer, origin: Origin
    ) -> None:
        gate = threading.Event()
        url = origin.put("/photo.jpg", jpeg(), gate=gate)

        with ThreadPoolExecutor(len(WIDTHS)) as threads:
            asked = [threads.submit(fetch, server, str(width), url) for width in WIDTHS]
            assert eventually(lambda: len(origin.requests) == 1)
            gate.set()
            answers = [each.result() for each in asked]

        assert [picture(answer).width for answer in answers] == list(WIDTHS)
        assert len(origin.requests) == 1

    def test_facts_and_the_json_surface_use_the_bytes_that_are_kept(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())
        fetch(server, "100", url)

        facts = fetch(server, "meta", url)
        delivered = server.ask(
            "POST",
            "/api/optimize",
            {"Content-Type": "application/x-www-form-urlencoded", "X-API-Key": "opt_" + "k" * 43},
            f"url={url}&width=50".encode(),
        )

        assert (facts.status, delivered.status) == (200, 200)
        assert len(origin.requests) == 1

    def test_a_picture_that_is_broken_is_not_fetched_again_while_it_is_fresh(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg()[:700])

        answers = [fetch(server, "100", url), fetch(server, "50", url)]

        assert [answer.status for answer in answers] == [422, 422]
        assert len(origin.requests) == 1


class TestStale:
    @pytest.mark.parametrize(
        ("validators", "asked"),
        [
            ({"ETag": '"a"'}, {"if-none-match": '"a"'}),
            ({"ETag": 'W/"a"'}, {"if-none-match": 'W/"a"'}),
            (
                {"Last-Modified": "Sat, 01 Nov 2025 10:00:00 GMT"},
                {"if-modified-since": "Sat, 01 Nov 2025 10:00:00 GMT"},
            ),
            (
                {"ETag": '"a"', "Last-Modified": "Sat, 01 Nov 2025 10:00:00 GMT"},
                {
                    "if-none-match": '"a"',
                    "if-modified-since": "Sat, 01 Nov 2025 10:00:00 GMT",
                },
            ),
        ],
        ids=["a strong ETag", "a weak ETag", "a date", "both"],
    )
    def test_the_origin_is_asked_with_its_own_validators_and_304_is_the_stored_result(
        self,
        server: RunningServer,
        origin: Origin,
        validators: dict[str, str],
        asked: dict[str, str],
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers={"Cache-Control": "max-age=0"} | validators)

        first, second = fetch(server, "100", url), fetch(server, "100", url)

        assert conditions(origin.requests[0]) == {}
        assert conditions(origin.requests[1]) == asked
        assert second.body == first.body
        assert status_of(second) == "fwd=stale; fwd-status=304"

    def test_after_304_another_width_is_made_of_what_was_kept(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=0", "ETag": '"a"'}
        url = origin.put("/photo.jpg", jpeg(), headers=headers)
        fetch(server, "100", url)
        # Only a 304 comes from here on: the bytes can't be had again.
        origin.pages["/photo.jpg"].body = b"no picture"

        narrow = fetch(server, "50", url)

        assert picture(narrow).width == 50
        assert status_of(narrow) == "fwd=stale; fwd-status=304; stored"
        assert len(origin.requests) == 2

    def test_what_a_304_says_of_freshness_counts_from_then_on(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=0", "ETag": '"a"'}
        unchanged = {"Cache-Control": "max-age=1000", "ETag": '"a"'}
        url = origin.put("/photo.jpg", jpeg(), headers=headers, unchanged=unchanged)

        answers = [fetch(server, "100", url) for _ in range(3)]

        assert [status_of(answer) for answer in answers] == [
            "fwd=miss; stored",
            "fwd=stale; fwd-status=304",
            "hit",
        ]
        assert str(answers[1].headers["Cache-Control"]).startswith("public, max-age=")
        assert len(origin.requests) == 2

    def test_a_source_without_validators_is_fetched_and_the_same_bytes_are_no_new_work(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers={"Cache-Control": "no-cache"})

        first, second = fetch(server, "100", url), fetch(server, "100", url)

        assert conditions(origin.requests[1]) == {}
        assert first.body == second.body
        assert status_of(second) == "fwd=stale; fwd-status=200"

    def test_a_source_that_has_changed_gives_a_new_result(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=0", "ETag": '"a"'}
        url = origin.put("/photo.jpg", jpeg(), headers=headers)
        first = fetch(server, "100", url)
        origin.put("/photo.jpg", jpeg(width=200, height=50), headers=headers | {"ETag": '"b"'})

        second, third = fetch(server, "100", url), fetch(server, "50", url)

        assert conditions(origin.requests[1]) == {"if-none-match": '"a"'}
        assert conditions(origin.requests[2]) == {"if-none-match": '"b"'}
        assert opened(first.body).height != opened(second.body).height == 25
        assert status_of(second) == "fwd=stale; fwd-status=200; stored"
        assert status_of(third) == "fwd=stale; fwd-status=304; stored"

    def test_a_304_without_the_bytes_it_speaks_of_is_asked_again_without_validators(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=0", "ETag": '"a"'}
        url = origin.put("/photo.jpg", jpeg(), headers=headers)
        fetch(server, "100", url)
        forget_kept_sources(server)

        narrow = fetch(server, "50", url)

        assert picture(narrow).width == 50
        assert [conditions(asked) for asked in origin.requests] == [
            {},
            {"if-none-match": '"a"'},
            {},
        ]

    def test_a_304_for_another_etag_is_not_believed(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=0", "ETag": '"a"'}
        url = origin.put("/photo.jpg", jpeg(), headers=headers, unchanged={"ETag": '"other"'})
        fetch(server, "100", url)

        second = fetch(server, "100", url)

        assert status_of(second) == "fwd=stale; fwd-status=200"
        assert len(origin.requests) == 3

    def test_nothing_of_the_client_s_goes_to_the_origin(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=0", "ETag": '"a"'}
        url = origin.put("/photo.jpg", jpeg(), headers=headers)
        told = {
            "If-None-Match": '"mine"',
            "If-Modified-Since": "Sat, 01 Nov 2025 10:00:00 GMT",
            "If-Match": "*",
            "Range": "bytes=0-10",
            "If-Range": '"mine"',
            "Cookie": "mine=1",
            "Authorization": "Basic bWluZTptaW5l",
            "Cache-Control": "no-cache",
            "Pragma": "no-cache",
            "Accept-Language": "xx",
        }

        server.ask("GET", f"/{USERNAME}/100/{url}", told)
        server.ask("GET", f"/{USERNAME}/100/{url}", told)

        first, second = origin.requests
        assert conditions(first) == {}
        assert conditions(second) == {"if-none-match": '"a"'}
        left_out = {name.lower() for name in told} - {"if-none-match"}
        assert not left_out & (first.keys() | second.keys())


class TestRedirects:
    def test_validators_go_to_the_page_they_came_from_and_to_no_other(
        self, server: RunningServer, origin: Origin
    ) -> None:
        headers = {"Cache-Control": "max-age=0", "Last-Modified": "Sat, 01 Nov 2025 10:00:00 GMT"}
        origin.put("/a.jpg", jpeg(), headers=headers)
        origin.put("/b.jpg", jpeg(width=200, height=50), headers=headers)
        url = origin.put("/photo", b"", status=302, headers={"Location": "/a.jpg"})
        fetch(server, "100", url)
        fetch(server, "100", url)
        origin.put("/photo", b"", status=302, headers={"Location": "/b.jpg"})

        moved = fetch(server, "100", url)

        asked = list(zip(origin.targets, map(conditions, origin.requests), strict=True))
        since = {"if-modified-since": "Sat, 01 Nov 2025 10:00:00 GMT"}
        assert asked == [
            ("/photo", {}),
            ("/a.jpg", {}),
            ("/photo", {}),
            ("/a.jpg", since),
            ("/photo", {}),
            ("/b.jpg", {}),
        ]
        assert opened(moved.body).height == 25

    def test_a_redirect_that_must_not_be_kept_is_followed_each_time(
        self, server: RunningServer, origin: Origin
    ) -> None:
        origin.put("/a.jpg", jpeg(), headers={"Cache-Control": "max-age=1000"})
        redirect = {"Location": "/a.jpg", "Cache-Control": "no-store"}
        url = origin.put("/random", b"", status=302, headers=redirect)

        answers = [fetch(server, "100", url), fetch(server, "100", url)]

        assert {str(answer.headers["Cache-Control"]) for answer in answers} == {"no-store"}
        assert origin.targets == ["/random", "/a.jpg"] * 2

    def test_a_redirect_that_says_nothing_is_kept_as_long_as_the_picture(
        self, server: RunningServer, origin: Origin
    ) -> None:
        origin.put("/a.jpg", jpeg(), headers={"Cache-Control": "max-age=1000"})
        url = origin.put("/moved", b"", status=301, headers={"Location": "/a.jpg"})

        fetch(server, "100", url)

        assert status_of(fetch(server, "100", url)) == "hit"
        assert origin.targets == ["/moved", "/a.jpg"]


def forget_kept_sources(server: RunningServer) -> None:
    """As pruning may at any time."""
    for kept in (server.data_dir / "results" / "sources").rglob("*"):
        if kept.is_file():
            kept.unlink()

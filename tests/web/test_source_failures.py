"""Origins that fail: what their copies may still serve, and how long a failure is believed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.waiting import eventually
from tests.web.asking import fetch
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened
from tests.web.server import RunningServer
from tests.web.test_source_freshness import conditions, status_of

STALE_IF_ERROR = {"Cache-Control": "max-age=0, stale-if-error=600", "ETag": '"a"'}
WHILE_REVALIDATE = {"Cache-Control": "max-age=0, stale-while-revalidate=600", "ETag": '"a"'}


def hang_up(connection: Any) -> None:
    """Nothing of the body that was announced."""


class TestStaleWhileRevalidate:
    def test_a_stale_copy_is_answered_at_once_and_its_origin_asked_afterwards(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=WHILE_REVALIDATE)
        first = fetch(server, "100", url)
        gate = threading.Event()
        origin.put("/photo.jpg", jpeg(), headers=WHILE_REVALIDATE, gate=gate)

        second = fetch(server, "100", url)  # while the origin does not answer

        gate.set()
        assert (second.status, second.body) == (200, first.body)
        assert status_of(second) == "hit"
        assert str(second.headers["Cache-Control"]).startswith("public, max-age=0")
        assert eventually(lambda: len(origin.requests) == 2)
        assert conditions(origin.requests[1]) == {"if-none-match": '"a"'}

    def test_what_has_changed_is_made_anew_for_the_next_request(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=WHILE_REVALIDATE)
        fetch(server, "100", url)
        changed = {"Cache-Control": "max-age=1000", "ETag": '"b"'}
        origin.put("/photo.jpg", jpeg(width=200, height=50), headers=changed)

        assert eventually(lambda: opened(fetch(server, "100", url).body).height == 25, 60)

        assert len(origin.requests) == 2
        assert status_of(fetch(server, "100", url)) == "hit"

    def test_another_width_of_a_stale_source_does_not_wait_for_its_origin_either(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=WHILE_REVALIDATE)
        fetch(server, "100", url)
        gate = threading.Event()
        origin.put("/photo.jpg", jpeg(), headers=WHILE_REVALIDATE, gate=gate)

        narrow = fetch(server, "50", url)

        gate.set()
        assert opened(narrow.body).width == 50
        assert eventually(lambda: len(origin.requests) == 2)

    @pytest.mark.parametrize("forbids", ["no-cache", "must-revalidate", "proxy-revalidate"])
    def test_not_where_the_origin_forbids_it(
        self, server: RunningServer, origin: Origin, forbids: str
    ) -> None:
        said = {"Cache-Control": f"max-age=0, stale-while-revalidate=600, {forbids}"}
        url = origin.put("/photo.jpg", jpeg(), headers=said)
        fetch(server, "100", url)

        assert status_of(fetch(server, "100", url)) == "fwd=stale; fwd-status=200"


class TestStaleIfError:
    @pytest.mark.parametrize(
        ("failing", "told"),
        [
            ({"status": 500}, "fwd=stale; fwd-status=500"),
            ({"status": 503}, "fwd=stale; fwd-status=503"),
            ({"announced_bytes": 5}, "fwd=stale"),
            ({"body": hang_up, "announced_bytes": 100}, "fwd=stale"),
        ],
        ids=["500", "503", "a body too short", "no body"],
    )
    def test_a_failing_origin_leaves_the_stale_copy(
        self, server: RunningServer, origin: Origin, failing: dict[str, Any], told: str
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=STALE_IF_ERROR)
        first = fetch(server, "100", url)
        origin.put("/photo.jpg", **({"body": b""} | failing))

        stale = fetch(server, "100", url)

        assert (stale.status, stale.body) == (200, first.body)
        assert status_of(stale) == told
        assert str(stale.headers["Cache-Control"]).startswith("public, max-age=0")

    def test_another_width_is_made_of_what_was_kept(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=STALE_IF_ERROR)
        fetch(server, "100", url)
        origin.put("/photo.jpg", b"", status=503)

        narrow = fetch(server, "50", url)

        assert opened(narrow.body).width == 50
        assert status_of(narrow) == "fwd=stale; fwd-status=503; stored"

    def test_a_failure_that_is_remembered_is_not_asked_for_again(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=STALE_IF_ERROR)
        fetch(server, "100", url)
        origin.put("/photo.jpg", b"", status=503)
        fetch(server, "100", url)

        again = fetch(server, "100", url)

        assert (again.status, status_of(again)) == (200, "hit")
        assert len(origin.requests) == 2

    @pytest.mark.parametrize("forbids", ["no-cache", "must-revalidate"])
    def test_not_where_the_origin_forbids_it(
        self, server: RunningServer, origin: Origin, forbids: str
    ) -> None:
        said = {"Cache-Control": f"max-age=0, stale-if-error=600, {forbids}"}
        url = origin.put("/photo.jpg", jpeg(), headers=said)
        fetch(server, "100", url)
        origin.put("/photo.jpg", b"", status=503)

        assert fetch(server, "100", url).status == 502

    def test_not_where_the_origin_says_nothing_of_it(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers={"Cache-Control": "max-age=0"})
        fetch(server, "100", url)
        origin.put("/photo.jpg", b"", status=503)

        assert fetch(server, "100", url).status == 502

    @pytest.mark.parametrize(("status", "told"), [(404, 404), (410, 404), (403, 403)])
    def test_that_a_picture_is_gone_or_closed_is_no_failure(
        self, server: RunningServer, origin: Origin, status: int, told: int
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=STALE_IF_ERROR)
        fetch(server, "100", url)
        origin.put("/photo.jpg", b"", status=status)

        assert fetch(server, "100", url).status == told

    def test_a_deadline_that_passes_while_the_origin_is_asked_is_one(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg(), headers=STALE_IF_ERROR)
        first = fetch(server, "100", url)
        gate = threading.Event()
        origin.put("/photo.jpg", jpeg(), headers=STALE_IF_ERROR, gate=gate)

        late = fetch(server, "100,timeout=1", url)

        gate.set()
        assert (late.status, late.body) == (200, first.body)
        assert status_of(late) == "fwd=stale"


class TestRememberedFailures:
    @pytest.mark.parametrize(
        ("status", "headers", "fetches"),
        [
            (404, {}, 1),
            (410, {}, 1),
            (403, {}, 1),
            (500, {}, 1),
            (503, {"Cache-Control": "no-store"}, 1),
            (404, {"Cache-Control": "no-store"}, 2),
            (404, {"Cache-Control": "max-age=0"}, 2),
            (404, {"Cache-Control": "private"}, 2),
        ],
    )
    def test_a_failure_is_remembered_by_its_kind_and_its_own_lifetime(
        self,
        server: RunningServer,
        origin: Origin,
        status: int,
        headers: dict[str, str],
        fetches: int,
    ) -> None:
        url = origin.put("/photo.jpg", b"", status=status, headers=headers)

        first, second = fetch(server, "100", url), fetch(server, "50", url)

        assert (second.status, second.body) == (first.status, first.body)
        assert len(origin.requests) == fetches

    @pytest.mark.parametrize(
        "body",
        [pytest.param(lambda out: out.write(jpeg()[:3000]), id="broken off")],
    )
    def test_a_body_that_broke_off_is_neither_kept_nor_held_against_its_origin(
        self, server: RunningServer, origin: Origin, body: Callable[[Any], None]
    ) -> None:
        url = origin.put("/photo.jpg", body, announced_bytes=9000)
        kept = server.data_dir / "results" / "sources"
        before = {path.name for path in kept.rglob("*")}

        failed = fetch(server, "100", url)

        assert (failed.status, len(origin.requests)) == (502, 1)
        assert {path.name for path in kept.rglob("*")} == before
        origin.put("/photo.jpg", jpeg())
        assert fetch(server, "100", url).status == 200

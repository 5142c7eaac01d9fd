"""When an answer is 303: stored results, work that outlasts one hop, time that runs out."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pyvips

from tests.web.origin import Origin, halting
from tests.web.pictures import jpeg, opened, png
from tests.web.server import USERNAME, Answer, RunningServer, running_server

# How soon an answer comes, and in how many hops, is measured.
pytestmark = pytest.mark.serial

Body = Callable[[Any], None]
# Half a second is allowed for a picture that takes eight seconds on a machine at rest.
LARGE_SECONDS = 3


def trickled(body: bytes, *, seconds: float, steps: int = 20) -> Body:
    """Sends `body` piece by piece, taking `seconds` for it."""

    def send(connection: Any) -> None:
        size = -(-len(body) // steps)
        for start in range(0, len(body), size):
            try:
                connection.write(body[start : start + size])
            except OSError:
                return
            time.sleep(seconds / steps)

    return send


@cache
def large_jpeg() -> bytes:
    """Nine megapixels with grain: no AVIF of it is made in half a second."""
    small = pyvips.Image.new_from_buffer(jpeg(), "")
    large = small.resize(5) + pyvips.Image.gaussnoise(3200, 2400, sigma=6)
    data: bytes = large.cast("uchar").jpegsave_buffer(Q=88)
    return data


def put_slowly(origin: Origin, path: str, seconds: float, body: bytes | None = None) -> str:
    body = jpeg() if body is None else body
    return origin.put(path, trickled(body, seconds=seconds), announced_bytes=len(body))


@pytest.fixture(scope="module")
def holding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server where no hop lasts longer than half a second."""
    data_dir = tmp_path_factory.mktemp("holding") / "data"
    with running_server(data_dir, HOLD_SECONDS="0.5", ENGINE_WORKERS="1") as running:
        yield running


class TestWhichAnswer:
    @pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 303)])
    def test_only_a_post_that_names_its_source_is_redirected(
        self, server: RunningServer, origin: Origin, method: str, status: int
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        assert server.ask(method, f"/{USERNAME}/100/{url}").status == status

    def test_a_303_is_empty_short_lived_and_carries_the_warnings(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/photo.jpg", jpeg())

        answer = server.ask("POST", f"/{USERNAME}/100,qualty=low/{url}")
        result = server.get(answer.headers["Location"])

        assert (answer.status, answer.reason, answer.body) == (303, "See Other", b"")
        assert answer.headers["Content-Length"] == "0"
        assert answer.headers["Cache-Control"] == "no-store"
        assert len(answer.all("Warning")) == 1
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert result.all("Warning") == []

    def test_always_redirects_uploads_and_gets_too(self, origin: Origin, tmp_path: Path) -> None:
        url = origin.put("/photo.jpg", jpeg())
        secret = origin.put("/secret.jpg", jpeg(), headers={"Cache-Control": "no-store"})
        with running_server(tmp_path, REDIRECT="always", ENGINE_WORKERS="1") as server:
            answers = [
                server.get(f"/{USERNAME}/100/{url}"),
                server.ask("POST", f"/{USERNAME}/100", {}, png()),
                server.get(f"/{USERNAME}/100/{secret}"),
            ]
            results = [server.get(answer.headers["Location"]) for answer in answers[:2]]

        assert [answer.status for answer in answers] == [303, 303, 200]
        assert [opened(result.body).width for result in results] == [100, 100]

    def test_never_answers_200_and_holds_nothing(self, origin: Origin, tmp_path: Path) -> None:
        url = put_slowly(origin, "/photo.jpg", 1.2)
        settings = {"REDIRECT": "never", "HOLD_SECONDS": "0.3", "ENGINE_WORKERS": "1"}
        with running_server(tmp_path, **settings) as server:
            answer = server.ask("POST", f"/{USERNAME}/100/{url}")

        assert (answer.status, opened(answer.body).width) == (200, 100)


class TestHolding:
    def test_no_hop_lasts_longer_than_it_may_and_the_last_one_has_the_picture(
        self, holding: RunningServer, origin: Origin
    ) -> None:
        url = put_slowly(origin, "/slow.jpg", 4.0)

        answer, hops, longest = follow(holding, f"/{USERNAME}/100/{url}")

        assert (answer.status, opened(answer.body).width) == (200, 100)
        assert hops >= 3
        assert longest < 2

    def test_curl_that_posts_again_at_each_hop_ends_with_the_picture(
        self, holding: RunningServer, origin: Origin, tmp_path: Path
    ) -> None:
        url = put_slowly(origin, "/slow.jpg", 1.6)
        saved = tmp_path / "saved.jpg"

        subprocess.run(
            [
                "curl",
                "-sS",
                "--fail",
                "-XPOST",
                "-L",
                "-o",
                saved,
                f"{holding.url}/{USERNAME}/100/{url}",
            ],
            check=True,
            timeout=20,
        )

        assert opened(saved.read_bytes()).width == 100

    def test_work_that_fails_later_tells_so_at_the_last_hop(
        self, holding: RunningServer, origin: Origin
    ) -> None:
        half = jpeg()[: len(jpeg()) // 2]
        url = origin.put("/cut.jpg", trickled(half, seconds=1.2), announced_bytes=len(jpeg()))

        answer, hops, _ = follow(holding, f"/{USERNAME}/100/{url}")

        assert (answer.status, hops >= 1) == (502, True)
        assert answer.body

    def test_an_upload_that_takes_longer_than_a_hop_is_found_by_its_ticket(
        self, holding: RunningServer
    ) -> None:
        answer, _, longest = follow(
            holding, f"/{USERNAME}/full,format=avif,quality=high", body=jpeg(1200, 900)
        )

        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/avif")
        assert longest < 2

    def test_tickets_cannot_be_guessed_from_one_another(
        self, holding: RunningServer, origin: Origin
    ) -> None:
        goes_on = threading.Event()  # longer than both hops: they share its fetch
        data = jpeg()
        url = origin.put("/slow.jpg", halting(data, goes_on), announced_bytes=len(data))

        first = holding.get(f"/{USERNAME}/100/{url}")
        second = holding.get(f"/{USERNAME}/101/{url}")
        goes_on.set()

        tickets = [str(answer.headers["Location"]) for answer in (first, second)]
        assert all(len(ticket) == len("/results/w-") + 24 for ticket in tickets)
        assert tickets[0] != tickets[1]


class TestTimeout:
    def test_an_origin_that_trickles_ends_in_a_redirect_to_the_source(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = put_slowly(origin, "/slow.jpg?a=1,2", 20.0)
        started_at = time.monotonic()

        answer = server.get(f"/{USERNAME}/100,timeout=1/{url}")

        assert time.monotonic() - started_at < 5
        assert (answer.status, answer.headers["Location"], answer.body) == (303, url, b"")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.all("Warning") == [
            '299 imgproxy-py "the time allowed ran out: this is the source as it came"'
        ]

    def test_an_origin_that_never_answers_ends_so_too(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/silent.jpg", lambda _: time.sleep(30), announced_bytes=1000)

        answer = server.get(f"/{USERNAME}/100,timeout=0.4/{url}")

        assert (answer.status, answer.headers["Location"]) == (303, url)

    def test_an_expensive_encode_answers_in_time_with_what_there_is(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = origin.put("/large.jpg", large_jpeg())
        started_at = time.monotonic()

        answer = server.get(f"/{USERNAME}/full,format=avif,quality=high,timeout=0.5/{url}")

        assert time.monotonic() - started_at < LARGE_SECONDS
        assert len(answer.all("Warning")) == 1
        if answer.status == 200:  # the best so far: not for long
            assert answer.headers["Cache-Control"] == "public, max-age=60"
            assert opened(answer.body).width == 3200
        else:
            assert (answer.status, answer.headers["Location"]) == (303, url)

    def test_an_upload_comes_back_as_it_was(self, server: RunningServer) -> None:
        picture = large_jpeg()

        answer = server.ask(
            "POST", f"/{USERNAME}/full,format=avif,quality=high,timeout=0.02", {}, picture
        )

        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert answer.body == picture
        assert answer.headers["Cache-Control"] == "no-store"
        assert len(answer.all("Warning")) == 1

    def test_a_nested_picture_that_is_late_leads_to_its_own_url(
        self, server: RunningServer, origin: Origin
    ) -> None:
        url = put_slowly(origin, "/slow.jpg", 20.0)
        inner = f"{server.url}/{USERNAME}/200/{url}"

        answer = server.get(f"/{USERNAME}/100,timeout=0.6/{inner}")

        assert (answer.status, answer.headers["Location"]) == (303, inner)


def follow(
    server: RunningServer, target: str, *, body: bytes | None = None
) -> tuple[Answer, int, float]:
    """The last answer of a chain of POSTs, the number of 303s, the longest hop in seconds."""
    hops, longest = 0, 0.0
    while True:
        started_at = time.monotonic()
        answer = server.ask("POST", target, {}, body)
        longest = max(longest, time.monotonic() - started_at)
        if answer.status != 303:
            return answer, hops, longest
        hops, target, body = hops + 1, str(answer.headers["Location"]), None
        assert hops < 30

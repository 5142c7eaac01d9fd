"""Two server processes in front of one store: what one works on the other waits for."""

import base64
import http.client
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from tests.memcached import running_memcached
from tests.waiting import eventually
from tests.web.origin import Origin
from tests.web.pictures import jpeg, png
from tests.web.server import USERNAME, RunningServer, running_server

REQUESTERS = 100


@pytest.fixture(scope="module", params=["one machine", "two machines"])
def pair(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningServer, RunningServer]]:
    """One data folder, or two with the results and a memcached in common."""
    folder = tmp_path_factory.mktemp("pair")
    with ExitStack() as stack:
        settings = [{"REFINE": "off", "ENGINE_WORKERS": "1"} for _ in range(2)]
        data_dirs = [folder / "data", folder / "data"]
        if request.param == "two machines":
            memcached = stack.enter_context(running_memcached())
            data_dirs = [folder / "one", folder / "other"]
            for each in settings:
                each["CACHE_URL"] = f"memcached://{memcached.address}"
                each["RESULTS_URL"] = (folder / "results").as_uri()
                each["SECRET_KEYS"] = base64.urlsafe_b64encode(b"a secret of both").decode()
        one, other = (
            stack.enter_context(running_server(data_dir, **each))
            for data_dir, each in zip(data_dirs, settings, strict=True)
        )
        yield one, other


class SlowPage:
    """A picture that comes when the test says so."""

    def __init__(self, origin: Origin, path: str, data: bytes) -> None:
        self.may_come = threading.Event()
        self.origin = origin
        self.path = path
        self._data = data
        self.url = origin.put(path, self._write, announced_bytes=len(data))

    @property
    def fetches(self) -> int:
        return self.origin.targets.count(self.path)

    def _write(self, connection: Any) -> None:
        assert self.may_come.wait(60)
        connection.write(self._data)


def ask_together(
    servers: tuple[RunningServer, ...], target: str, page: SlowPage
) -> list[http.client.HTTPResponse]:
    """Requests that have all been sent before the picture comes."""
    all_sent = threading.Barrier(REQUESTERS, action=page.may_come.set)

    def ask(number: int) -> http.client.HTTPResponse:
        server = servers[number % len(servers)]
        connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
        try:
            connection.request("GET", target)
            all_sent.wait(60)
            answer = connection.getresponse()
            answer.body = answer.read()  # type: ignore[attr-defined]
            return answer
        finally:
            connection.close()

    with ThreadPoolExecutor(REQUESTERS) as threads:
        return list(threads.map(ask, range(REQUESTERS)))


def counted(servers: tuple[RunningServer, ...]) -> tuple[int, int]:
    """Images and hits of the reports, as far as they have been written, in one database or two."""
    total_images = total_hits = 0
    for data_dir in {server.data_dir for server in servers}:
        with sqlite3.connect(data_dir / "imgproxy.db") as database:
            query = "SELECT sum(images), sum(cache_hits) FROM usage_days"
            images, hits = database.execute(query).fetchone()
        total_images += images or 0
        total_hits += hits or 0
    return total_images, total_hits


def test_a_hundred_identical_misses_in_two_processes_cost_one_fetch_and_one_engine_run(
    pair: tuple[RunningServer, RunningServer], origin: Origin
) -> None:
    page = SlowPage(origin, "/photo.jpg", jpeg())
    answers = ask_together(pair, f"/{USERNAME}/120/{page.url}", page)

    assert [answer.status for answer in answers] == [200] * REQUESTERS
    assert len({answer.headers["ETag"] for answer in answers}) == 1
    assert page.fetches == 1
    uses = [answer.headers["Cache-Status"] for answer in answers]
    made = [use for use in uses if "fwd=miss" in use and "collapsed" not in use]
    assert len(made) == 1, made
    # Who came when it was over found it: a hit.
    assert all("collapsed" in use or "; hit" in use for use in uses if use not in made)
    assert eventually(lambda: sum(counted(pair)) == REQUESTERS), counted(pair)
    assert counted(pair) == (1, REQUESTERS - 1)


def test_when_the_leading_process_is_killed_the_other_finishes_the_work(
    pair: tuple[RunningServer, RunningServer], origin: Origin
) -> None:
    """The last test of each pair: it leaves one server behind."""
    page = SlowPage(origin, "/photo.jpg", jpeg())
    target = f"/{USERNAME}/120/{page.url}"
    leading, other = pair
    with ThreadPoolExecutor(2) as threads:
        threads.submit(leading.get, target)
        assert eventually(lambda: page.fetches == 1)
        waiting = threads.submit(other.get, target)
        # It answers what came later: by then it has begun to wait.
        assert other.get(f"/{USERNAME}/20/{origin.put('/small.png', png())}").status == 200
        assert page.fetches == 1

        os.kill(leading.pid, signal.SIGKILL)

        assert eventually(lambda: page.fetches == 2)
        page.may_come.set()
        answer = waiting.result(60)

    assert answer.status == 200, answer.body
    assert page.fetches == 2

"""A server with CACHE_URL=memcached://…: what becomes of memcached is no client's business."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.memcached import Memcached, held_by, running_memcached
from tests.waiting import eventually
from tests.web.origin import Origin, running_origin
from tests.web.pictures import png
from tests.web.server import USERNAME, Answer, RunningServer, running_server

# With so little memory of its own a server asks memcached for every record.
FORGETFUL = {"CACHE_MAX_BYTES": "1", "ENGINE_WORKERS": "1", "REFINE": "off"}


@pytest.fixture(scope="module")
def pair() -> Iterator[list[Memcached]]:
    with running_memcached() as one, running_memcached() as other:
        yield [one, other]


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, pair: list[Memcached]
) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("memcached") / "data"
    with running_server(data_dir, CACHE_URL=cache_url(pair), **FORGETFUL) as server:
        yield server


def is_hit(answer: Answer) -> bool:
    return answer.headers["Cache-Status"].startswith("imgproxy-py; hit")


def cache_url(pair: list[Memcached]) -> str:
    return "memcached://" + ",".join(memcached.address for memcached in pair)


class Stream:
    """Requests one after another, each picture many times and now and then a new one."""

    def __init__(self, server: RunningServer, origin: Origin) -> None:
        self.server = server
        self.origin = origin
        self.answers: list[Answer] = []
        self._shall_end = threading.Event()

    def go_on(self, count: int) -> None:
        """Return when `count` more have been answered."""
        wanted = len(self.answers) + count
        assert eventually(lambda: len(self.answers) >= wanted, seconds=120)

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._shall_end.set()
            for thread in threads:
                thread.join()

    def _ask(self, first: int) -> None:
        number = 0
        while not self._shall_end.is_set():
            number += 1
            is_new = number % 10 == 0
            path = f"/{first}-{number if is_new else number % 4}.png"
            url = self.origin.put(path, png(64, 64))
            self.answers.append(self.server.get(f"/{USERNAME}/32/{url}"))


def test_memcached_killed_and_restarted_under_load_fails_no_request(
    served: RunningServer, pair: list[Memcached], origin: Origin
) -> None:
    stream = Stream(served, origin)
    with stream.running():
        stream.go_on(40)
        for memcached in pair:
            memcached.kill()
            stream.go_on(30)
        for memcached in pair:
            memcached.start()
            stream.go_on(30)
        # Records arrive there again, and are found there again.
        assert eventually(lambda: all(held_by(memcached) for memcached in pair))
        stream.go_on(30)

    assert {answer.status for answer in stream.answers} == {200}
    hits = [answer for answer in stream.answers if is_hit(answer)]
    assert len(hits) > len(stream.answers) / 2


def test_with_one_of_two_servers_dead_the_other_holds_all_records(
    served: RunningServer, pair: list[Memcached], origin: Origin
) -> None:
    living, dead = pair
    urls = [origin.put(f"/{number}.png", png(64, 64)) for number in range(6)]
    before = set(held_by(living))

    def holds_all() -> bool:
        """A record for each source and one for its result, at the least. Until each thread has
        met the dead one, some that should have gone there are kept by the store alone."""
        answers = [served.get(f"/{USERNAME}/32/{url}") for url in urls]
        assert {answer.status for answer in answers} == {200}
        return len(set(held_by(living)) - before) >= 2 * len(urls)

    dead.kill()
    try:
        assert eventually(holds_all)
    finally:
        dead.start()


def test_after_a_restart_of_everything_hits_are_hits(tmp_path: Path, pair: list[Memcached]) -> None:
    settings = FORGETFUL | {"CACHE_URL": cache_url(pair)}
    with running_origin() as origin:
        urls = [origin.put(f"/{number}.png", png(64, 64)) for number in range(3)]
        with running_server(tmp_path / "data", **settings) as server:
            first = [server.get(f"/{USERNAME}/32/{url}") for url in urls]
        for memcached in pair:
            memcached.kill()
            memcached.start()
        asked = len(origin.targets)

        with running_server(tmp_path / "data", **settings) as server:
            again = [server.get(f"/{USERNAME}/32/{url}") for url in urls]

    assert all(is_hit(answer) for answer in again)
    assert [answer.body for answer in again] == [answer.body for answer in first]
    assert len(origin.targets) == asked == 3

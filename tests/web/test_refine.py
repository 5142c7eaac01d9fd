"""A result that its deadline cut short is refined in the background; the next request has it."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.pictures import landscape
from tests.waiting import eventually
from tests.web.asking import is_hit
from tests.web.origin import Origin, running_origin
from tests.web.pictures import opened
from tests.web.processes import family
from tests.web.server import USERNAME, Answer, RunningServer, running_server

BROWSER = "image/avif,image/webp,image/*,*/*;q=0.8"
SIZE = (2000, 1500)
CUT_SHORT = "the time allowed ran out: this is the best result so far"


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with running_origin() as running:
        data = landscape(*SIZE).jpegsave_buffer(Q=92)
        running.put("/photo.jpg", data, headers={"Cache-Control": "max-age=86400"})
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("refining") / "data") as running:
        yield running


def target(origin: Origin, options: str, timeout: float = 30) -> str:
    return f"/{USERNAME}/{options},timeout={timeout}/{origin.url}/photo.jpg"


def cut_short(server: RunningServer, origin: Origin, options: str) -> tuple[Answer, str]:
    """An answer that its deadline cut short, however fast this machine is, and its path.

    With too little time there is no result at all; with a little more there is an early one.
    """
    for timeout in (0.2, 0.3, 0.45, 0.7, 1, 1.5, 2.2, 3.3, 5):
        path = target(origin, options, timeout)
        answer = server.get(path, Accept=BROWSER)
        if any(CUT_SHORT in line for line in answer.all("Warning")):
            return answer, path
        assert answer.status == 303, "it was finished in time, so nothing is left to refine"
    raise AssertionError("there was no result at all")


def refined(server: RunningServer, path: str, first: Answer) -> Answer:
    """The first answer that has other bytes, once the background has made them."""
    ends_at = time.monotonic() + 100
    while time.monotonic() < ends_at:
        _hurry(server)
        answer = server.get(path, Accept=BROWSER, If_None_Match=str(first.headers["ETag"]))
        if answer.status != 304:
            return answer
        time.sleep(0.2)
    raise AssertionError(f"nothing came:\n{(server.data_dir / 'server.log').read_text()[-2000:]}")


def _hurry(server: RunningServer) -> None:
    """Let the background have its share: this machine may have no idle time for minutes."""
    for pid in _background(server):
        with suppress(ProcessLookupError, FileNotFoundError):
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
            Path(f"/proc/{pid}/autogroup").write_text("0")


def _background(server: RunningServer) -> list[int]:
    return [pid for pid in family(server.pid) if _is_background(pid)]


def _is_background(pid: int) -> bool:
    """False for a process that has ended since it was listed."""
    with suppress(ProcessLookupError):
        return os.sched_getscheduler(pid) == os.SCHED_IDLE
    return False


def test_the_next_answer_of_the_same_url_is_finished_and_smaller(
    server: RunningServer, origin: Origin
) -> None:
    first, path = cut_short(server, origin, "full")
    meanwhile = server.get(path, Accept=BROWSER)
    second = refined(server, path, first)
    again = server.get(path, Accept=BROWSER, If_None_Match=str(second.headers["ETag"]))

    assert is_hit(meanwhile)
    # It may be done already; what is not will not be kept for long.
    is_early = meanwhile.headers["ETag"] == first.headers["ETag"]
    lasts_seconds = int(str(meanwhile.headers["Cache-Control"]).rpartition("max-age=")[2])
    assert is_early == (lasts_seconds <= 60)
    assert (second.status, is_hit(second)) == (200, True)
    assert second.headers["ETag"] != first.headers["ETag"]
    assert len(second.body) < len(first.body)
    assert (opened(second.body).width, opened(second.body).height) == SIZE
    assert not second.all("Warning")
    assert "max-age=60" not in str(second.headers["Cache-Control"])
    assert (again.status, again.body) == (304, b"")


def test_who_has_more_time_is_not_given_what_was_cut_short(
    server: RunningServer, origin: Origin
) -> None:
    first, _ = cut_short(server, origin, "1900")

    patient = server.get(target(origin, "1900"), Accept=BROWSER)

    assert len(patient.body) < len(first.body)
    assert not patient.all("Warning")


def test_the_results_own_url_gives_the_better_bytes_too(
    server: RunningServer, origin: Origin
) -> None:
    first, _ = cut_short(server, origin, "1800")
    posted = server.ask("POST", target(origin, "1800"), {"Accept": BROWSER})
    own_url = str(posted.headers["Location"])

    second = refined(server, own_url, first)

    assert posted.status == 303
    assert (second.status, opened(second.body).width) == (200, 1800)


def test_a_server_that_is_told_not_to_refine_leaves_it_and_has_no_child_for_it(
    origin: Origin, tmp_path: Path
) -> None:
    with running_server(tmp_path / "data", REFINE="off") as server:
        cut_short(server, origin, "full")
        time.sleep(0.5)
        background = _background(server)
        next_one = server.get(target(origin, "full"), Accept=BROWSER)

    assert background == []
    assert str(next_one.headers["Cache-Status"]).startswith("imgproxy-py; fwd=miss")
    assert not next_one.all("Warning")


def test_a_stopping_server_drops_refinement_at_once(origin: Origin, tmp_path: Path) -> None:
    with running_server(tmp_path / "data", DRAIN_SECONDS="20") as server:
        cut_short(server, origin, "full")
        assert eventually(lambda: bool(_background(server)))
        stopped_at = time.monotonic()

    assert time.monotonic() - stopped_at < 15
    assert "Traceback" not in (tmp_path / "data" / "server.log").read_text()

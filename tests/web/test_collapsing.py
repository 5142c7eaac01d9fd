"""The same wish many times at once: one fetch, one engine run, and an answer for everybody."""

import http.client
import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from tests.waiting import eventually
from tests.web.asking import fetch, upload
from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened
from tests.web.server import USERNAME, Answer, RunningServer
from tests.web.test_source_freshness import status_of

MANY = 50


def begun(
    threads: ThreadPoolExecutor, server: RunningServer, options: str, url: str, times: int
) -> "list[Future[Answer]]":
    return [threads.submit(fetch, server, options, url) for _ in range(times)]


def test_many_identical_misses_are_one_fetch_and_one_result(
    server: RunningServer, origin: Origin
) -> None:
    gate = threading.Event()
    url = origin.put("/photo.jpg", jpeg(), gate=gate)

    with ThreadPoolExecutor(MANY) as threads:
        asked = begun(threads, server, "100", url, MANY)
        assert eventually(lambda: len(origin.requests) == 1)
        gate.set()
        answers = [each.result() for each in asked]

    told = Counter(status_of(answer) for answer in answers)
    assert {answer.body for answer in answers} == {answers[0].body}
    assert len(origin.requests) == 1
    # Who came only after the first was through found it stored.
    assert told["fwd=miss; stored"] == 1
    assert told["fwd=miss; stored; collapsed"] >= 1
    assert set(told) <= {"fwd=miss; stored", "fwd=miss; stored; collapsed", "hit"}


def test_when_the_first_client_leaves_the_others_get_what_it_had_begun(
    server: RunningServer, origin: Origin
) -> None:
    gate = threading.Event()
    url = origin.put("/photo.jpg", jpeg(), gate=gate)
    leaving = http.client.HTTPConnection(server.host, server.port, timeout=30)
    leaving.putrequest("GET", f"/{USERNAME}/100/{url}", skip_accept_encoding=True)
    leaving.putheader("Accept", "*/*")
    leaving.endheaders()
    assert eventually(lambda: len(origin.requests) == 1)

    with ThreadPoolExecutor(3) as threads:
        asked = begun(threads, server, "100", url, 3)
        # Another width comes to the same fetch: by now its predecessors have arrived as well.
        fetch(server, "meta,timeout=0.5", url)
        leaving.close()
        fetch(server, "meta,timeout=0.5", url)
        gate.set()
        answers = [each.result() for each in asked]

    assert [answer.status for answer in answers] == [200, 200, 200]
    assert len(origin.requests) == 1


def test_each_waits_no_longer_than_its_own_deadline(server: RunningServer, origin: Origin) -> None:
    gate = threading.Event()
    url = origin.put("/photo.jpg", jpeg(), gate=gate)

    with ThreadPoolExecutor(1) as threads:
        patient = begun(threads, server, "100", url, 1)[0]
        assert eventually(lambda: len(origin.requests) == 1)
        hasty = fetch(server, "100,timeout=0.5", url)
        gate.set()
        answer = patient.result()

    assert (hasty.status, hasty.headers["Location"]) == (303, url)
    assert (answer.status, opened(answer.body).width) == (200, 100)
    assert len(origin.requests) == 1


def test_who_has_more_time_is_not_put_off_with_what_the_first_one_s_deadline_left(
    server: RunningServer, origin: Origin
) -> None:
    gate = threading.Event()
    url = origin.put("/photo.jpg", jpeg(), gate=gate)

    with ThreadPoolExecutor(2) as threads:
        hasty = begun(threads, server, "100,timeout=1.5", url, 1)[0]
        assert eventually(lambda: len(origin.requests) == 1)
        patient = begun(threads, server, "100", url, 1)[0]
        late = hasty.result()
        gate.set()
        answer = patient.result()

    assert (late.status, late.headers["Location"]) == (303, url)
    assert (answer.status, opened(answer.body).width) == (200, 100)
    assert len(origin.requests) == 1


def test_what_may_not_be_stored_is_fetched_for_each(server: RunningServer, origin: Origin) -> None:
    gate = threading.Event()
    headers = {"Cache-Control": "private, max-age=60"}
    url = origin.put("/photo.jpg", jpeg(), headers=headers, gate=gate)

    with ThreadPoolExecutor(4) as threads:
        asked = begun(threads, server, "100", url, 4)
        assert eventually(lambda: len(origin.requests) >= 1)
        gate.set()
        answers = [each.result() for each in asked]

    assert [status_of(answer) for answer in answers] == ["fwd=miss"] * 4
    assert len(origin.requests) == 4


def test_the_same_upload_at_the_same_time_is_worked_on_once(server: RunningServer) -> None:
    data = jpeg(1200, 900)

    with ThreadPoolExecutor(8) as threads:
        sent = [threads.submit(upload, server, "700", data) for _ in range(8)]
        answers = [each.result() for each in sent]

    assert {answer.status for answer in answers} == {200}
    made = [answer for answer in answers if "encode;dur=" in str(answer.headers["Server-Timing"])]
    assert len(made) == 1

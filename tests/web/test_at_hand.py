"""A stored result that is at hand is answered as any other, by a shorter way.

A request that says `Content-Length: 0` takes the common way: the two must not differ.
"""

import json
import re
from collections.abc import Iterator

import pytest

from tests.cli.operating import asked
from tests.waiting import eventually
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import API_KEY, USERNAME, Answer, RunningServer, running_server

CACHED = {"Cache-Control": "max-age=3600"}


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("at-hand") / "data"
    with running_server(folder, LOG_FORMAT="json", REFINE="off", ENGINE_WORKERS="1") as running:
        yield running


def warm(server: RunningServer, origin: Origin, name: str, options: str = "100") -> str:
    """The target of a result that has been answered from the store once."""
    target = f"/{USERNAME}/{options}/{origin.put(name, jpeg(), headers=CACHED)}"
    assert server.get(target).status == 200
    assert "; hit" in server.get(target).headers["Cache-Status"]
    return target


def told(answer: Answer) -> tuple[int, str, list[tuple[str, str]], bytes]:
    """All of it but what counts seconds and what names the request."""
    fields = [
        (name.lower(), re.sub(r"(max-age|ttl)=\d+", r"\1", value))
        for name, value in answer.headers.items()
        if name.lower() not in ("date", "x-request-id")
    ]
    return answer.status, answer.reason, sorted(fields), answer.body


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("HEAD", {}, 200),
        ("GET", {"Range": "bytes=10-19"}, 206),
        ("GET", {"Range": "bytes=99999999-"}, 416),
        ("GET", {"If-None-Match": "*"}, 304),
        ("HEAD", {"If-None-Match": "*"}, 304),
        ("GET", {"If-Match": '"another"'}, 412),
        ("GET", {"Accept": "image/png,*/*;q=0.1"}, 200),
        ("GET", {"Cache-Control": "only-if-cached"}, 200),
    ],
)
@pytest.mark.parametrize("options", ["100", "100,qualty=low", "100,format=png"])
def test_both_ways_give_the_same_answer(
    logged: RunningServer,
    origin: Origin,
    method: str,
    headers: dict[str, str],
    status: int,
    options: str,
) -> None:
    target = warm(logged, origin, "/same.jpg", options)
    short = logged.ask(method, target, headers)
    common = logged.ask(method, target, {**headers, "Content-Length": "0"})

    assert short.status == status
    assert told(short) == told(common)


def test_a_stored_result_under_its_own_url_is_the_same_both_ways(
    logged: RunningServer, origin: Origin
) -> None:
    result = logged.ask("POST", warm(logged, origin, "/own.jpg")).headers["Location"]
    logged.get(result)

    assert told(logged.get(result)) == told(logged.ask("GET", result, {"Content-Length": "0"}))


def test_accept_decides_on_the_short_way_too(logged: RunningServer, origin: Origin) -> None:
    target = warm(logged, origin, "/accept.jpg")
    accepting = {"Accept": "image/avif"}
    first = logged.ask("GET", target, accepting)
    again = logged.ask("GET", target, accepting)

    assert again.headers["Content-Type"] == first.headers["Content-Type"] == "image/avif"
    assert logged.get(target).headers["Content-Type"] == "image/jpeg"


def test_every_hit_has_its_line_and_its_own_id(logged: RunningServer, origin: Origin) -> None:
    target = warm(logged, origin, "/lines.jpg")
    for _ in range(3):
        logged.get(target)

    def lines() -> list[dict[str, object]]:
        log = (logged.data_dir / "server.log").read_text().splitlines()
        read = (json.loads(line) for line in log if line.startswith("{"))
        return [line for line in read if line.get("target") == target]

    assert eventually(lambda: len(lines()) == 5)
    assert {line["status"] for line in lines()} == {200}
    assert len({line["request_id"] for line in lines()}) == 5


def test_every_hit_counts_as_one_in_the_usage(logged: RunningServer, origin: Origin) -> None:
    target = warm(logged, origin, "/counted.jpg")

    def cache_hits() -> int:
        usage = logged.ask("GET", "/api/v1/usage", {"X-API-Key": API_KEY})
        counted: int = json.loads(usage.body)["total"]["cache_hits"]
        return counted

    before = cache_hits()
    same = {"If-None-Match": logged.get(target).headers["ETag"]}
    statuses = [
        logged.ask(method, target, headers).status
        for method, headers in (("GET", {}), ("HEAD", {}), ("GET", same), ("GET", {"X": "\xe9"}))
    ]

    assert statuses == [200, 200, 304, 200]
    assert cache_hits() == before + 5


def test_a_disabled_account_gets_no_more_hits(
    logged: RunningServer, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGPROXY_PY_DATA_DIR", str(logged.data_dir))
    monkeypatch.setenv("IMGPROXY_PY_DATABASE_URL", "")
    target = warm(logged, origin, "/disabled.jpg")

    assert asked("account", "disable", USERNAME).code == 0
    assert eventually(lambda: logged.get(target).status == 403)

    assert asked("account", "enable", USERNAME).code == 0
    assert eventually(lambda: logged.get(target).status == 200)


def test_a_source_that_may_be_used_no_longer_is_asked_for_again(
    logged: RunningServer, origin: Origin
) -> None:
    url = origin.put("/short.jpg", jpeg(), headers={"Cache-Control": "max-age=2"})
    target = f"/{USERNAME}/100/{url}"
    logged.get(target)
    fetches = len(origin.targets)

    def is_asked_again() -> bool:
        logged.get(target)
        return len(origin.targets) > fetches

    assert eventually(is_asked_again)

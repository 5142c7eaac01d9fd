"""`DELETE /api/v1/cache` over a real socket: what is purged is fetched and made anew."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.cli.command import run
from tests.waiting import eventually
from tests.web.api.accounts import new_account
from tests.web.asking import fetch, picture, size
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import API_KEY, USERNAME, Answer, RunningServer, running_server

LASTING = {"Cache-Control": "max-age=86400"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("purge") / "data", REFINE="off") as running:
        yield running


def purge(server: RunningServer, **what: str | list[str]) -> Answer:
    query = urlencode(what, doseq=True)
    return server.ask("DELETE", f"/api/v1/cache?{query}", {"X-API-Key": API_KEY})


def purged(server: RunningServer, **what: str | list[str]) -> Any:
    answer = purge(server, **what)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def is_hit(answer: Answer) -> bool:
    assert answer.status == 200, answer.body
    return str(answer.headers["Cache-Status"]).startswith("imgproxy-py; hit")


def test_a_purged_source_is_fetched_again_in_every_size(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/changed.jpg", jpeg(), headers=LASTING)
    other = origin.put("/other.jpg", jpeg(), headers=LASTING)
    for source in (url, other):
        fetch(server, "40", source)
        fetch(server, "50", source)
    own_url = str(server.ask("POST", f"/{USERNAME}/40/{url}", {}).headers["Location"])
    origin.put("/changed.jpg", jpeg(90, 30), headers=LASTING)
    assert is_hit(fetch(server, "40", url))
    assert server.get(own_url).status == 200

    told = purged(server, url=url)

    assert told["urls"] == [url]
    assert not is_hit(fetch(server, "40", url))
    assert not is_hit(fetch(server, "50", url))
    assert is_hit(fetch(server, "40", url))
    assert is_hit(fetch(server, "40", other))
    assert server.get(own_url).status == 404


def test_a_picture_that_was_missing_is_asked_for_again_after_a_purge(
    server: RunningServer, origin: Origin
) -> None:
    url = f"{origin.url}/late.jpg"
    assert fetch(server, "40", url).status == 404
    origin.put("/late.jpg", jpeg(), headers=LASTING)
    assert fetch(server, "40", url).status == 404  # remembered for a minute

    purged(server, url=url)

    assert fetch(server, "40", url).status == 200


def test_a_tag_of_the_origin_purges_all_that_carries_it(
    server: RunningServer, origin: Origin
) -> None:
    first = origin.put("/1.jpg", jpeg(), headers={**LASTING, "Cache-Tag": "cats, product-7"})
    second = origin.put("/2.jpg", jpeg(), headers={**LASTING, "Surrogate-Key": "dogs product-7"})
    third = origin.put("/3.jpg", jpeg(), headers={**LASTING, "Surrogate-Key": "dogs"})
    for url in (first, second, third):
        fetch(server, "40", url)

    purged(server, tag="product-7")

    assert [is_hit(fetch(server, "40", url)) for url in (first, second, third)] == [
        False,
        False,
        True,
    ]


def test_answers_carry_the_tags_by_which_a_cdn_forgets_them(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/tagged.jpg", jpeg(), headers={**LASTING, "Cache-Tag": "cats, a b"})

    made, hit = fetch(server, "40", url), fetch(server, "40", url)
    (of_source,) = purged(server, url=url)["tags"]

    assert of_source.startswith("source-")
    for answer in (made, hit):
        assert answer.headers["Cache-Tag"] == f"{of_source},cats,a b"
        # A space ends a key there, so what holds one cannot stand in it.
        assert answer.headers["Surrogate-Key"] == f"{of_source} cats"


def test_a_url_of_ours_means_the_source_in_it(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/inner.jpg?a=b&c=%2F", jpeg(), headers=LASTING)
    fetch(server, "40", url)

    told = purged(server, url=f"{server.url}/{USERNAME}/40/{quote(url, safe='')}")

    assert told["urls"] == [url]
    assert not is_hit(fetch(server, "40", url))


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("", "query_invalid", "say what to purge: ?url= with the source's URL"),
        ("url=", "query_invalid", '"url" has 1 to 16384 characters'),
        ("tag=" + "a" * 129, "query_invalid", '"tag" has 1 to 128 characters'),
        ("uri=http://a/", "query_invalid", 'the query knows "url" and "tag", not "uri"'),
        ("url=cat.jpg", "source_url_invalid", ""),
        ("&".join(["tag=a"] * 51), "query_invalid", "the query has more than 50 fields"),
    ],
)
def test_what_cannot_be_purged_is_said(
    server: RunningServer, query: str, code: str, said: str
) -> None:
    answer = server.ask("DELETE", f"/api/v1/cache?{query}", {"X-API-Key": API_KEY})

    told = json.loads(answer.body)
    assert (answer.status, told["code"]) == (400, code)
    assert said in told["detail"]


def test_nobody_purges_without_a_key(server: RunningServer) -> None:
    assert server.ask("DELETE", "/api/v1/cache?tag=a").status == 401


def test_the_command_line_purges_for_whoever_shares_the_store(
    server: RunningServer, origin: Origin, tmp_path: Path
) -> None:
    url = origin.put("/beside.jpg", jpeg(), headers=LASTING)
    fetch(server, "40", url)
    assert is_hit(fetch(server, "40", url))

    ended = run(server.data_dir.parent, "results", "purge", url)

    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[0] == f"purged {url}"
    # One that runs hears of it within half a minute (tests/store/test_purges.py), a new one now.
    with running_server(tmp_path, DATA_DIR=str(server.data_dir), REFINE="off") as beside:
        assert not is_hit(fetch(beside, "40", url))


def test_what_was_begun_before_a_purge_is_for_those_alone_who_waited_for_it(
    server: RunningServer, origin: Origin
) -> None:
    gate = threading.Event()
    url = origin.put("/running.jpg", jpeg(), headers=LASTING, gate=gate)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(fetch, server, "40", url)
        assert eventually(lambda: "/running.jpg" in origin.targets)
        purged(server, url=url)
        origin.put("/running.jpg", jpeg(120, 30), headers=LASTING)

        after = fetch(server, "40", url)
        gate.set()
        before = waiting.result()

    assert size(picture(before)) == (40, 30)
    assert "max-age=0" in str(before.headers["Cache-Control"])
    assert size(picture(after)) == (40, 10)
    assert size(picture(fetch(server, "40", url))) == (40, 10)


def test_what_was_made_of_a_picture_of_ours_is_purged_with_it(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/outer.jpg", jpeg(), headers=LASTING)
    nested = f"{server.url}/{USERNAME}/80/{url}"
    fetch(server, "40", nested)
    assert is_hit(fetch(server, "40", nested))

    purged(server, url=url)

    assert not is_hit(fetch(server, "40", nested))


def test_only_those_may_purge_whom_the_operator_lets(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/mine.jpg", jpeg(), headers=LASTING)
    fetch(server, "40", url)
    other = new_account(server)

    answer = server.ask("DELETE", "/api/v1/cache?tag=a", {"X-API-Key": other.key})

    told = json.loads(answer.body)
    assert (answer.status, told["code"]) == (403, "purge_not_allowed")
    assert told["detail"] == (
        f'the account "{other.username}" may not purge; whoever runs this server can allow it '
        "with the setting PURGE_ACCOUNTS"
    )
    assert is_hit(fetch(server, "40", url))

"""`DELETE /api/v1/cache` over a real socket: what is purged is fetched and made anew."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.cli.command import environment
from tests.waiting import eventually
from tests.web.asking import fetch
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


@pytest.mark.slow
def test_the_command_line_purges_beside_a_running_server(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/beside.jpg", jpeg(), headers=LASTING)
    fetch(server, "40", url)
    assert is_hit(fetch(server, "40", url))

    ended = subprocess.run(
        [sys.executable, "-m", "imgproxy_py", "results", "purge", url],
        env=environment(server.data_dir),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[0] == f"purged {url}"
    assert eventually(lambda: not is_hit(fetch(server, "40", url)), 45)

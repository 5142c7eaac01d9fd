"""The conformance table: one row per rule, with the section of the standard that makes it.

Over real sockets, with an origin that counts what it is asked. What a source's own headers mean is
in `test_conformance_sources.py`.
"""

import re

import pytest

from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.rules import FUTURE, Rule, check
from tests.web.rules_of_caching import CACHING
from tests.web.rules_of_validators import RANGES, VALIDATORS
from tests.web.server import USERNAME, Answer, RunningServer

RULES = (*VALIDATORS, *RANGES, *CACHING)


@pytest.fixture(scope="module")
def picture() -> bytes:
    return jpeg(640, 480)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_rule_holds(rule: Rule, server: RunningServer, origin: Origin, picture: bytes) -> None:
    check(rule, server, origin, picture)


OWN_PAGES = ("/", "/docs", "/openapi.json", "/static/sample.jpg", "/livez", "/no/such/page")


@pytest.mark.parametrize("at", [*OWN_PAGES, "url", "result", "meta", "missing"])
def test_head_tells_what_get_would(
    at: str, server: RunningServer, origin: Origin, picture: bytes
) -> None:
    """RFC 9110, 9.3.2."""
    url = origin.put("/photo.jpg", picture, headers={"Cache-Control": "max-age=600"})
    targets = {
        "url": f"/{USERNAME}/160/{url}",
        "meta": f"/{USERNAME}/meta/{url}",
        "missing": f"/{USERNAME}/160/{origin.url}/missing.jpg",
    }
    target = targets.get(at, at)
    if at == "result":
        target = str(server.ask("POST", targets["url"]).headers["Location"])
    server.get(target)

    get, head = (server.ask(method, target) for method in ("GET", "HEAD"))

    assert head.status == get.status
    assert told(head) == told(get)
    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(get.body)))


@pytest.mark.parametrize("at", OWN_PAGES[1:4])
def test_own_pages_are_not_sent_twice(at: str, server: RunningServer) -> None:
    """RFC 9110, 13.1.2."""
    first = server.get(at)

    again = server.get(at, If_None_Match=str(first.headers["ETag"]))
    dated = server.get(at, If_Modified_Since=FUTURE)
    refused = server.get(at, If_Match='"x"')

    assert [answer.status for answer in (first, again, dated, refused)] == [200, 304, 200, 412]


# What may differ between two answers in a row: times, and what is made for one exchange.
PASSING = {"date", "server-timing", "x-request-id"}
LIFETIME = re.compile(r"(?<=ttl=|age=)\d+")


def told(answer: Answer) -> dict[str, list[str]]:
    """All headers but the passing ones; lifetimes, which count down, without their digits."""
    names = {name.lower() for name in answer.headers} - PASSING
    return {name: [LIFETIME.sub("", value) for value in answer.all(name)] for name in names}

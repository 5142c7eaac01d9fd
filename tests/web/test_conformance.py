"""The conformance table: one row per rule, with the section of the standard that makes it.

Over real sockets, with an origin that counts what it is asked. What a source's own headers mean is
in `test_conformance_sources.py`.
"""

import re

import pytest

from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.result_urls import CHROME
from tests.web.rules import Asked, Rule, check
from tests.web.server import USERNAME, Answer, RunningServer

FIRST = Asked()
HIT = r"imgproxy-py; hit; ttl=\d+"
STORED = r"imgproxy-py; fwd=miss; ttl=\d+; stored"
FRESH = r"public, max-age=\d{3}"
FUTURE = "Sun, 06 Nov 2099 08:49:37 GMT"
PAST = "Sun, 06 Nov 1994 08:49:37 GMT"

VALIDATORS = (
    Rule(
        section="RFC 9110, 8.8.3",
        says="the entity tag is strong and quoted",
        asks=(Asked(has={"ETag": r'"[0-9a-f]{64}"'}),),
        origin={"Cache-Control": "max-age=600", "ETag": 'W/"the origin\'s"'},
    ),
    Rule(
        section="RFC 9110, 13.1.2",
        says="a list that names the tag spares the body",
        asks=(FIRST, Asked(sends={"If-None-Match": '"x", {etag}'}, status=304)),
        fetches=1,
    ),
    Rule(
        section="RFC 9110, 13.1.2",
        says="tags are compared weakly",
        asks=(FIRST, Asked(sends={"If-None-Match": "W/{etag}"}, status=304)),
        fetches=1,
    ),
    Rule(
        section="RFC 9110, 13.1.2",
        says="a star names whatever there is",
        asks=(Asked(sends={"If-None-Match": "*"}, status=304),),
    ),
    Rule(
        section="RFC 9110, 13.2.2",
        says="If-None-Match wins over If-Modified-Since",
        asks=(
            FIRST,
            Asked(sends={"If-None-Match": '"x"', "If-Modified-Since": FUTURE}),
            Asked(sends={"If-None-Match": "{etag}", "If-Modified-Since": PAST}, status=304),
        ),
    ),
    Rule(
        section="RFC 9110, 13.1.3",
        says="a date that is equal means not modified",
        asks=(FIRST, Asked(sends={"If-Modified-Since": "{modified}"}, status=304)),
    ),
    Rule(
        section="RFC 9110, 13.1.3",
        says="what is no date is ignored",
        asks=(FIRST, Asked(sends={"If-Modified-Since": "tomorrow"})),
    ),
    Rule(
        section="RFC 9110, 13.1.1",
        says="If-Match refuses other bytes",
        asks=(
            FIRST,
            Asked(sends={"If-Match": '"x"'}, status=412, has={"Cache-Control": "no-store"}),
            Asked(sends={"If-Match": "W/{etag}"}, status=412),
            Asked(sends={"If-Match": "{etag}"}),
            Asked(sends={"If-Match": "*"}),
        ),
    ),
    Rule(
        section="RFC 9110, 13.1.4",
        says="If-Unmodified-Since refuses a later version",
        asks=(
            FIRST,
            Asked(sends={"If-Unmodified-Since": PAST}, status=412),
            Asked(sends={"If-Unmodified-Since": "{modified}"}),
        ),
    ),
    Rule(
        section="RFC 9110, 15.4.5",
        says="a 304 tells what a 200 would, and no length of a body",
        asks=(
            FIRST,
            Asked(
                sends={"If-None-Match": "*", "Accept": CHROME},
                status=304,
                has={"ETag": r'".+"', "Cache-Control": FRESH, "Vary": "Accept"},
                lacks=("Content-Length", "Content-Type"),
            ),
        ),
    ),
    Rule(
        section="RFC 9110, 13.1.2",
        says="a good copy is no answer to a POST",
        asks=(FIRST, Asked(method="POST", sends={"If-None-Match": "{etag}"}, status=412)),
        at="result",
    ),
)

RANGES = (
    Rule(
        section="RFC 9110, 14.1.2",
        says="a part is cut out of the whole",
        asks=(
            FIRST,
            Asked(
                sends={"Range": "bytes=2-5"},
                status=206,
                has={"Content-Range": r"bytes 2-5/\d+", "Content-Length": "4"},
                part=slice(2, 6),
            ),
        ),
        fetches=1,
    ),
    Rule(
        section="RFC 9110, 14.1.2",
        says="a suffix counts from the end",
        asks=(FIRST, Asked(sends={"Range": "bytes=-3"}, status=206, part=slice(-3, None))),
    ),
    Rule(
        section="RFC 9110, 15.3.7",
        says="a part has the validators and the life of the whole",
        asks=(
            FIRST,
            Asked(
                sends={"Range": "bytes=0-0"},
                status=206,
                has={"ETag": r'".+"', "Cache-Control": FRESH, "Vary": "Accept"},
            ),
        ),
    ),
    Rule(
        section="RFC 9110, 15.5.17",
        says="beyond the end is 416 with the length",
        asks=(
            FIRST,
            Asked(
                sends={"Range": "bytes=9999999-"},
                status=416,
                has={"Content-Range": r"bytes \*/\d+", "Cache-Control": "no-store"},
            ),
        ),
    ),
    Rule(
        section="RFC 9110, 14.2",
        says="several ranges, other units and nonsense are answered whole",
        asks=(
            FIRST,
            *(
                Asked(sends={"Range": sent}, part=slice(None))
                for sent in ("bytes=0-1,4-5", "pages=1-2", "bytes=5-2", "bytes=x")
            ),
        ),
    ),
    Rule(
        section="RFC 9110, 14.2",
        says="a range means nothing to HEAD and POST",
        asks=(
            FIRST,
            Asked(method="HEAD", sends={"Range": "bytes=0-1"}),
            Asked(method="POST", sends={"Range": "bytes=0-1"}, part=slice(None)),
        ),
        at="result",
    ),
    Rule(
        section="RFC 9110, 13.1.5",
        says="If-Range asks for the very same bytes",
        asks=(
            FIRST,
            Asked(sends={"Range": "bytes=0-1", "If-Range": "{etag}"}, status=206),
            Asked(sends={"Range": "bytes=0-1", "If-Range": "W/{etag}"}),
            Asked(sends={"Range": "bytes=0-1", "If-Range": '"x"'}),
            Asked(sends={"Range": "bytes=9999999-", "If-Range": '"x"'}),
        ),
    ),
    Rule(
        section="RFC 9110, 8.8.2.2",
        says="a date is too weak for If-Range",
        asks=(FIRST, Asked(sends={"Range": "bytes=0-1", "If-Range": "{modified}"})),
    ),
    Rule(
        section="RFC 9110, 13.2.2",
        says="a good copy is told before a part is cut",
        asks=(FIRST, Asked(sends={"Range": "bytes=0-1", "If-None-Match": "{etag}"}, status=304)),
    ),
)

CACHING = (
    Rule(
        section="RFC 9111, 4.2",
        says="what is fresh is answered without its origin",
        asks=(Asked(has={"Cache-Status": STORED}), Asked(has={"Cache-Status": HIT})),
        fetches=1,
    ),
    Rule(
        section="RFC 9111, 5.1",
        says="lifetimes count down, and no Age stands beside them",
        asks=(
            Asked(has={"Cache-Control": r"public, max-age=(200|1\d\d)"}, lacks=("Age", "Expires")),
        ),
        origin={"Cache-Control": "max-age=600", "Age": "400"},
    ),
    Rule(
        section="RFC 9111, 5.2.1.4",
        says="a reload does not make us fetch",
        asks=(
            FIRST,
            Asked(sends={"Cache-Control": "no-cache", "Pragma": "no-cache"}),
            Asked(sends={"Cache-Control": "max-age=0"}, has={"Cache-Status": HIT}),
        ),
        fetches=1,
    ),
    Rule(
        section="RFC 9111, 5.2.1.5",
        says="a no-store of the client's changes nothing",
        asks=(FIRST, Asked(sends={"Cache-Control": "no-store"}, has={"Cache-Status": HIT})),
        fetches=1,
    ),
    Rule(
        section="RFC 9111, 5.2.1.7",
        says="only-if-cached is 504 where nothing is stored, and asks nobody",
        asks=(
            Asked(
                sends={"Cache-Control": "only-if-cached"},
                status=504,
                has={"Cache-Control": "no-store"},
            ),
        ),
        options="161",
        fetches=0,
    ),
    Rule(
        section="RFC 9111, 5.2.1.7",
        says="only-if-cached is answered with what is stored",
        asks=(
            FIRST,
            Asked(sends={"Cache-Control": "Only-If-Cached, max-age=60"}, has={"Cache-Status": HIT}),
        ),
        fetches=1,
    ),
    Rule(
        section="RFC 9110, 12.5.5",
        says="Accept is named where it decided, on every variant and on a 304",
        asks=(
            Asked(sends={"Accept": "*/*"}, has={"Vary": "Accept", "Content-Type": "image/jpeg"}),
            Asked(sends={"Accept": CHROME}, has={"Vary": "Accept"}),
            Asked(
                sends={"Accept": "*/*", "If-None-Match": "*"}, status=304, has={"Vary": "Accept"}
            ),
        ),
        fetches=1,
    ),
    Rule(
        section="RFC 9110, 12.5.5",
        says="nothing is named where the URL decided",
        asks=(Asked(sends={"Accept": CHROME}, lacks=("Vary",)),),
        options="160,format=webp",
    ),
    Rule(
        section="RFC 9110, 12.5.5",
        says="a result's own URL does not vary",
        asks=(Asked(sends={"Accept": CHROME}, lacks=("Vary",)),),
        at="result",
    ),
    Rule(
        section="RFC 9110, 12.4.2",
        says="a weight of nothing closes a format",
        asks=(
            Asked(
                sends={"Accept": "image/avif;q=0, image/webp;q=0.000"},
                has={"Content-Type": "image/jpeg"},
            ),
        ),
    ),
    Rule(
        section="RFC 9111, 5.2.2.7",
        says="what is private is passed on as private and asked for again",
        asks=(
            Asked(has={"Cache-Control": r"private, max-age=\d+"}),
            Asked(has={"Cache-Status": "imgproxy-py; fwd=miss"}),
        ),
        origin={"Cache-Control": "private, max-age=600"},
        fetches=2,
    ),
    Rule(
        section="RFC 9111, 5.2.2.5",
        says="what must not be stored is not",
        asks=(
            Asked(has={"Cache-Control": "no-store", "Cache-Status": "imgproxy-py; fwd=miss"}),
            FIRST,
        ),
        origin={"Cache-Control": "no-store"},
        fetches=2,
    ),
    Rule(
        section="RFC 8246",
        says="what the origin calls immutable stays so while it is fresh",
        asks=(FIRST, Asked(has={"Cache-Control": r"public, max-age=\d+, immutable"})),
        origin={"Cache-Control": "max-age=600, immutable"},
        at="result",
    ),
    Rule(
        section="RFC 9111, 5.2.2.10",
        says="a lifetime for shared caches is passed on as one",
        asks=(Asked(has={"Cache-Control": r"public, max-age=[0-5], s-maxage=(600|5\d\d)"}),),
        origin={"Cache-Control": "max-age=5, s-maxage=600"},
    ),
    Rule(
        section="RFC 9110, 10.2.3",
        says="a failure of the server's says when to come back, or nothing of caching",
        asks=(Asked(status=404, has={"Cache-Control": "max-age=60", "Vary": "Accept"}),),
        at="/static/no-such-picture.png",
    ),
)

RULES = (*VALIDATORS, *RANGES, *CACHING)


@pytest.fixture(scope="module")
def picture() -> bytes:
    return jpeg(640, 480)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_rule_holds(rule: Rule, steady: RunningServer, origin: Origin, picture: bytes) -> None:
    check(rule, steady, origin, picture)


OWN_PAGES = ("/", "/docs", "/openapi.json", "/static/sample.jpg", "/livez", "/no/such/page")


@pytest.mark.parametrize("at", [*OWN_PAGES, "url", "result", "meta", "missing"])
def test_head_tells_what_get_would(
    at: str, steady: RunningServer, origin: Origin, picture: bytes
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
        target = str(steady.ask("POST", targets["url"]).headers["Location"])
    steady.get(target)

    get, head = (steady.ask(method, target) for method in ("GET", "HEAD"))

    assert head.status == get.status
    assert told(head) == told(get)
    assert (head.body, head.headers["Content-Length"]) == (b"", str(len(get.body)))


@pytest.mark.parametrize("at", OWN_PAGES[1:4])
def test_own_pages_are_not_sent_twice(at: str, steady: RunningServer) -> None:
    """RFC 9110, 13.1.2."""
    first = steady.get(at)

    again = steady.get(at, If_None_Match=str(first.headers["ETag"]))
    dated = steady.get(at, If_Modified_Since=FUTURE)
    refused = steady.get(at, If_Match='"x"')

    assert [answer.status for answer in (first, again, dated, refused)] == [200, 304, 200, 412]


# What may differ between two answers in a row: times, and what is made for one exchange.
PASSING = {"date", "server-timing", "x-request-id"}
LIFETIME = re.compile(r"(?<=ttl=|age=)\d+")


def told(answer: Answer) -> dict[str, list[str]]:
    """All headers but the passing ones; lifetimes, which count down, without their digits."""
    names = {name.lower() for name in answer.headers} - PASSING
    return {name: [LIFETIME.sub("", value) for value in answer.all(name)] for name in names}

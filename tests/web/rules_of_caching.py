"""Rules of freshness, of storing and of choosing by `Accept` (RFC 9111; RFC 9110, 12), as data."""

from tests.web.result_urls import CHROME
from tests.web.rules import FIRST, Asked, Rule

HIT = r"imgproxy-py; hit; ttl=\d+"
STORED = r"imgproxy-py; fwd=miss; ttl=\d+; stored"

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

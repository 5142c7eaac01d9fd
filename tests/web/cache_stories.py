"""Cases of the public HTTP cache tests: who may store what, and what clients may ask of it."""

from tests.web.cache_cases import (
    BY_TAG,
    DAY,
    MODIFIED,
    OLD,
    TAG,
    Case,
    Line,
    Turn,
    Use,
    asked,
    control,
    reused,
    validated,
)


def _private(suite: str, says: str, *lines: Line) -> Case:
    """A response that must not be stored is asked for whole each time, whatever tag it has."""
    turns = (Turn(lines=(*lines, TAG)), Turn(lines=(*lines, TAG), expects=Use.FETCHED))
    return Case(suite=suite, says=says, turns=turns)


def _with(suite: str, says: str, *sends: tuple[str, str], then: Use = Use.REUSED) -> Case:
    """A second request that says something to caches, while what is stored is fresh."""
    lines = (control("max-age=3600"), TAG, MODIFIED)
    return Case(suite=suite, says=says, turns=(Turn(lines=lines), Turn(sends=sends, expects=then)))


STORING = (
    _private("cc-response", "private", control("private, max-age=3600")),
    _private("cc-response", "no-store", control("no-store")),
    _private("cc-response", "no-store in any case", control("No-StOrE")),
    _private(
        "cc-response",
        "no-store beside lifetimes",
        control("max-age=10000, no-store"),
        ("Expires", DAY),
    ),
    validated(
        "cc-response", "no-cache is stored and validated", control("no-cache"), TAG, by=BY_TAG
    ),
    validated(
        "cc-response",
        "no-cache beside lifetimes is too",
        control("max-age=10000, no-cache"),
        ("Expires", DAY),
        TAG,
        by=BY_TAG,
    ),
    asked("cc-response", "no-cache in lower case too", control("max-age=10000, no-cache")),
    asked("cc-response", "no-cache of one header", control('max-age=3600, no-cache="a"')),
    asked("cc-response", "no-cache of two", control('max-age=3600, no-cache="a, b"')),
    asked("cc-response", "no-cache without a validator", control("max-age=10000, No-CaChE")),
    reused(
        "cc-response", "must-revalidate while it is fresh", control("max-age=600, must-revalidate")
    ),
    validated(
        "cc-response",
        "must-revalidate later",
        control("max-age=1, must-revalidate"),
        TAG,
        OLD,
        by=BY_TAG,
    ),
    validated(
        "cc-response",
        "immutable that is stale",
        control("max-age=1, immutable"),
        TAG,
        OLD,
        by=BY_TAG,
    ),
    *(
        Case(
            suite="cc-response",
            says=f"{later} that comes later takes nothing away",
            turns=(
                Turn(lines=(control("max-age=10000"),)),
                Turn(lines=(control(later),), expects=Use.REUSED),
            ),
        )
        for later in ("no-store", "no-store, max-age=0")
    ),
    *(
        _private("vary-parse", f"Vary: {value}", control("max-age=5000"), *lines)
        for value, lines in (
            ("*", (("Vary", "*"),)),
            ("*, *", (("Vary", "*, *"),)),
            ("* twice", (("Vary", "*"), ("Vary", "*"))),
            (", *", (("Vary", ", *"),)),
            ("nothing and *", (("Vary", ""), ("Vary", "*"))),
            ("*, Foo", (("Vary", "*, Foo"),)),
            ("Foo, *", (("Vary", "Foo, *"),)),
        )
    ),
    reused(
        "vary", "Accept, which is always the same to it", control("max-age=600"), ("Vary", "Accept")
    ),
    reused("vary", "Cookie, of which it gets none", control("max-age=600"), ("Vary", "Cookie")),
    reused("vary", "three that are never sent", control("max-age=600"), ("Vary", "Foo, Bar, Baz")),
    Case(
        suite="vary",
        says="headers of clients do not reach it, so they make no variants",
        turns=(
            Turn(lines=(control("max-age=600"), ("Vary", "Foo")), sends=(("Foo", "1"),)),
            Turn(sends=(("Foo", "2"),), expects=Use.REUSED),
        ),
    ),
    *(
        Case(
            suite="authorization",
            says=says,
            user_info="me:secret@",
            turns=(Turn(lines=lines), Turn(lines=lines, expects=then)),
        )
        for says, lines, then in (
            ("max-age is not enough", (control("max-age=3600"),), Use.FETCHED),
            ("public is", (control("max-age=3600, public"),), Use.REUSED),
            ("must-revalidate is", (control("max-age=3600, must-revalidate"),), Use.REUSED),
            ("s-maxage is", (control("s-maxage=3600"),), Use.REUSED),
        )
    ),
    reused(
        "pragma", "in a response it says nothing", control("max-age=3600"), ("Pragma", "no-cache")
    ),
    reused("pragma", "nor does an extension", control("max-age=3600"), ("Pragma", "foo")),
    reused("pragma", "nor where no lifetime stands", ("Pragma", "no-cache"), MODIFIED),
    asked("other", "Set-Cookie: never shared", control("max-age=3600"), ("Set-Cookie", "a=b")),
    reused(
        "other",
        "a name to save under",
        control("max-age=3600"),
        ("Content-Disposition", "attachment; filename=a.jpg"),
    ),
    Case(
        suite="other",
        says="another query is another source",
        turns=(
            Turn(lines=(control("max-age=600"),), query="?a=1"),
            Turn(lines=(control("max-age=600"),), query="?a=2", expects=Use.FETCHED),
            Turn(query="?a=1", expects=Use.REUSED),
        ),
    ),
)

CLIENTS = (
    _with("cc-request", "max-age=0 does not fetch", ("Cache-Control", "max-age=0")),
    _with("cc-request", "max-age=1 does not fetch", ("Cache-Control", "max-age=1")),
    _with("cc-request", "min-fresh does not fetch", ("Cache-Control", "min-fresh=9000")),
    _with("cc-request", "no-cache does not fetch", ("Cache-Control", "no-cache")),
    _with("cc-request", "no-store does not fetch", ("Cache-Control", "no-store")),
    _with("cc-request", "only-if-cached is answered", ("Cache-Control", "only-if-cached")),
    *(
        Case(
            suite="cc-request",
            says=f"{sent} does not make it too old",
            turns=(
                Turn(lines=(control("max-age=3600"), ("Age", "1800"))),
                Turn(sends=(("Cache-Control", sent),), expects=Use.REUSED),
            ),
        )
        for sent in ("max-age=600", "min-fresh=3000")
    ),
    Case(
        suite="cc-request",
        says="max-stale is no permission",
        turns=(
            Turn(lines=(control("max-age=1"), OLD)),
            Turn(sends=(("Cache-Control", "max-stale=90000"),), expects=Use.ASKED),
        ),
    ),
    _with("pragma", "no-cache does not fetch", ("Pragma", "no-cache")),
    _with("pragma", "an extension does not fetch", ("Pragma", "foo")),
    _with("other", "a cookie splits nothing", ("Cookie", "a=b")),
    Case(
        suite="conditional-etag",
        says="a client's conditions do not reach the origin",
        turns=(
            Turn(
                lines=(control("max-age=600"),),
                sends=(
                    ("If-None-Match", '"x"'),
                    ("If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"),
                ),
                expects=Use.FETCHED,
            ),
        ),
    ),
)

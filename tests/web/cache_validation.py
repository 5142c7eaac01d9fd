"""Cases of the public HTTP cache tests: validation, staleness, failures, statuses, parts."""

from tests.web.cache_cases import (
    BY_DATE,
    BY_TAG,
    HOUR,
    MODIFIED,
    OLD,
    TAG,
    Case,
    Turn,
    Use,
    control,
    reused,
    validated,
)

VALIDATION = (
    validated("conditional-etag", "a strong tag", control("max-age=1"), TAG, OLD, by=BY_TAG),
    validated(
        "conditional-etag",
        "a weak tag",
        control("max-age=1"),
        ("ETag", 'W/"abc"'),
        OLD,
        by=(("if-none-match", 'W/"abc"'),),
    ),
    validated("conditional-lm", "a date", control("max-age=1"), MODIFIED, OLD, by=BY_DATE),
    validated(
        "conditional-lm", "both", control("max-age=1"), MODIFIED, TAG, OLD, by=(*BY_TAG, *BY_DATE)
    ),
    validated(
        "update304",
        "a 304 that says nothing begins the lifetime anew",
        control("max-age=600"),
        ("Age", "601"),
        TAG,
        by=BY_TAG,
    ),
    Case(
        suite="update304",
        says="a lifetime in a 304 counts from then",
        turns=(
            Turn(lines=(control("max-age=1"), TAG, OLD)),
            Turn(
                lines=(control("max-age=600"), TAG),
                status=304,
                expects=Use.VALIDATED,
                validates=BY_TAG,
            ),
            Turn(expects=Use.REUSED),
        ),
    ),
    Case(
        suite="update304",
        says="a no-store in a 304 ends the storing",
        turns=(
            Turn(lines=(control("max-age=1"), TAG, OLD)),
            Turn(lines=(control("no-store"), TAG), status=304, expects=Use.VALIDATED),
            Turn(lines=(control("max-age=600"), TAG), expects=Use.ASKED),
        ),
    ),
    Case(
        suite="update304",
        says="the validator of a changed picture is the new one",
        turns=(
            Turn(lines=(control("max-age=1"), TAG, OLD)),
            Turn(
                lines=(control("max-age=1"), ("ETag", '"def"'), OLD),
                version=1,
                expects=Use.VALIDATED,
                validates=BY_TAG,
            ),
            Turn(
                lines=(control("max-age=1"), OLD),
                status=304,
                expects=Use.VALIDATED,
                validates=(("if-none-match", '"def"'),),
            ),
        ),
    ),
)


def _failing(says: str, allowed: str, *, status: int, then: Use) -> Case:
    """Stored, stale, and then the origin fails."""
    return Case(
        suite="stale",
        says=says,
        turns=(
            Turn(lines=(control(f"max-age=7199, {allowed}"), OLD)),
            Turn(status=status, expects=then),
        ),
    )


STALENESS = (
    Case(
        suite="stale",
        says="stale-while-revalidate: the older bytes at once",
        turns=(
            Turn(lines=(control("max-age=7199, stale-while-revalidate=3600"), OLD)),
            Turn(lines=(control("max-age=600"),), version=1, expects=Use.STALE),
        ),
    ),
    Case(
        suite="stale",
        says="and not after its time",
        turns=(
            Turn(lines=(control("max-age=1, stale-while-revalidate=60"), OLD)),
            Turn(lines=(control("max-age=600"),), version=1, expects=Use.ASKED),
        ),
    ),
    _failing("stale-if-error: closed", "stale-if-error=600", status=0, then=Use.STALE),
    _failing("stale-if-error: 503", "stale-if-error=600", status=503, then=Use.STALE),
    _failing("nothing said: closed", "foo", status=0, then=Use.FAILED),
    _failing("nothing said: 503", "foo", status=503, then=Use.FAILED),
    _failing("must-revalidate", "must-revalidate, stale-if-error=600", status=0, then=Use.FAILED),
    _failing("proxy-revalidate", "proxy-revalidate, stale-if-error=600", status=0, then=Use.FAILED),
    _failing("no-cache", "no-cache, stale-if-error=600", status=0, then=Use.FAILED),
    _failing("s-maxage", "s-maxage=2", status=0, then=Use.FAILED),
)

STATUSES = (
    *(
        Case(
            suite="status",
            says=f"{status} is remembered for a short time",
            turns=(
                Turn(lines=(control("max-age=3600"),), status=status, expects=Use.FAILED),
                Turn(expects=Use.GONE),
            ),
        )
        for status in (404, 410)
    ),
    *(
        Case(
            suite="status",
            says=f"{status} that may not be stored is not remembered",
            turns=(
                Turn(lines=(control("no-store"),), status=status, expects=Use.FAILED),
                Turn(expects=Use.ASKED),
            ),
        )
        for status in (404, 410)
    ),
    Case(
        suite="status",
        says="404 whose time is over is asked for again",
        turns=(
            Turn(lines=(control("max-age=600"), OLD), status=404, expects=Use.FAILED),
            Turn(expects=Use.ASKED),
        ),
    ),
    reused("heuristic", "Last-Modified alone: the default counts", ("Last-Modified", -HOUR)),
    Case(
        suite="partial",
        says="a body that breaks off is no answer, and is not stored",
        turns=(
            Turn(lines=(control("max-age=600"),), status=-1, expects=Use.FAILED),
            Turn(lines=(control("max-age=600"),), expects=Use.ASKED),
            Turn(expects=Use.REUSED),
        ),
    ),
    Case(
        suite="partial",
        says="a part that nobody asked for is no picture",
        turns=(
            Turn(
                lines=(control("max-age=600"), ("Content-Range", "bytes 0-9/100")),
                status=206,
                expects=Use.FAILED,
            ),
        ),
    ),
    Case(
        suite="partial",
        says="a part for the client is cut from the whole",
        turns=(
            Turn(lines=(control("max-age=600"),), sends=(("Range", "bytes=0-9"),)),
            Turn(sends=(("Range", "bytes=-5"),), expects=Use.REUSED),
            Turn(expects=Use.REUSED),
        ),
    ),
)

"""Rules of conditional requests and of parts (RFC 9110, sections 8, 13 and 14), as data."""

from tests.web.result_urls import CHROME
from tests.web.rules import FIRST, FRESH, FUTURE, PAST, Asked, Rule

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

"""Cases of the public HTTP cache tests: how long a source stays fresh, by what its origin says."""

from tests.web.cache_cases import DAY, HOUR, MONTH, OLD, asked, control, reused

FRESHNESS = (
    reused("cc-freshness", "no lifetime at all: the default counts"),
    reused("cc-freshness", "max-age", control("max-age=3600")),
    asked("cc-freshness", "max-age that is over", control("max-age=3600"), OLD),
    asked("cc-freshness", "max-age=0", control("max-age=0")),
    reused("cc-freshness", "max-age of 31 bits", control("max-age=2147483647")),
    reused("cc-freshness", "max-age of 32 bits", control("max-age=2147483648")),
    reused("cc-freshness", "max-age of 32 bits and one", control("max-age=2147483649")),
    reused("cc-freshness", "max-age beyond all bits", control("max-age=99999999999")),
    asked("cc-freshness", "Age above max-age", control("max-age=600"), ("Age", "601")),
    asked("cc-freshness", "Date older than max-age", control("max-age=600"), ("Date", -HOUR)),
    reused(
        "cc-freshness", "max-age beside a past Expires", control("max-age=3600"), ("Expires", -DAY)
    ),
    reused(
        "cc-freshness",
        "max-age beside an invalid Expires",
        control("max-age=3600"),
        ("Expires", "0"),
    ),
    asked(
        "cc-freshness", "max-age=0 beside a future Expires", control("max-age=0"), ("Expires", DAY)
    ),
    reused("cc-freshness", "max-age and an extension", control("foobar, max-age=3600")),
    reused("cc-freshness", "max-age in any case", control("MaX-AgE=3600")),
    asked("cc-freshness", "a negative max-age", control("max-age=-3600")),
    reused("cc-freshness", "s-maxage", control("s-maxage=3600")),
    asked(
        "cc-freshness", "a short s-maxage wins", control("max-age=3600, s-maxage=1"), ("Age", "5")
    ),
    asked("cc-freshness", "in any order", control("s-maxage=1, max-age=3600"), ("Age", "5")),
    asked(
        "cc-freshness", "on two lines", control("max-age=3600"), control("s-maxage=1"), ("Age", "5")
    ),
    reused(
        "cc-freshness", "a long s-maxage wins", control("max-age=1, s-maxage=3600"), ("Age", "5")
    ),
    reused(
        "cc-freshness",
        "over a past Expires too",
        control("max-age=0, s-maxage=3600"),
        ("Expires", -DAY),
    ),
    reused("cc-parse", "a quoted max-age", control('max-age="3600"')),
    asked(
        "cc-parse",
        "max-age in another's quotes",
        control('extension="max-age=3600", max-age=1'),
        OLD,
    ),
    asked("cc-parse", "and behind", control('max-age=1, extension="max-age=3600"'), ("Age", "5")),
    reused("cc-parse", "leading zeros", control("max-age=003600")),
    asked("cc-parse", "single quotes are no quotes", control("max-age='3600'")),
    asked(
        "cc-parse", "two lifetimes: the safe one", control("max-age=1800, max-age=1"), ("Age", "5")
    ),
    asked("cc-parse", "on two lines", control("max-age=1"), control("max-age=1800"), ("Age", "5")),
    asked("cc-parse", "in the other order", control("max-age=1, max-age=1800"), ("Age", "5")),
    asked("cc-parse", "and on lines", control("max-age=1800"), control("max-age=1"), ("Age", "5")),
    asked("cc-parse", "a blank before the sign", control("max-age =1"), ("Age", "5")),
    reused("cc-parse", "a blank behind it", control("max-age= 3600")),
    asked("cc-parse", "a decimal of nothing is one", control("max-age=3600.0")),
    asked("cc-parse", "a decimal is invalid, so stale", control("max-age=3600.5")),
    asked("cc-parse", "letters before are invalid", control("max-age=a3600")),
    asked("cc-parse", "letters behind are invalid", control("max-age=3600a")),
    reused("age-parse", "no number", control("max-age=3600"), ("Age", "abc")),
    reused("age-parse", "a negative number", control("max-age=3600"), ("Age", "-7200")),
    reused("age-parse", "a decimal", control("max-age=3600"), ("Age", "7200.0")),
    asked("age-parse", "31 bits", control("max-age=3600"), ("Age", "2147483647")),
    asked("age-parse", "32 bits", control("max-age=3600"), ("Age", "2147483648")),
    asked("age-parse", "32 bits and one", control("max-age=3600"), ("Age", "2147483649")),
    asked("age-parse", "old, 0: the first counts", control("max-age=3600"), ("Age", "7200, 0")),
    reused("age-parse", "0, old", control("max-age=3600"), ("Age", "0, 7200")),
    asked("age-parse", "old and 0 on two lines", control("max-age=3600"), OLD, ("Age", "0")),
    reused("age-parse", "0 and old on two lines", control("max-age=3600"), ("Age", "0"), OLD),
    reused("age-parse", "0, 0", control("max-age=3600"), ("Age", "0, 0")),
    reused("age-parse", "0 twice", control("max-age=3600"), ("Age", "0"), ("Age", "0")),
    reused("age-parse", "3600 twice", control("max-age=10000"), ("Age", "3600"), ("Age", "3600")),
    reused(
        "age-parse", "a parameter makes it no number", control("max-age=3600"), ("Age", "7200;a=b")
    ),
    reused("age-parse", "one with a number too", control("max-age=3600"), ("Age", "7200;a=1")),
    reused("expires", "in the future", ("Expires", MONTH)),
    asked("expires", "in the past", ("Expires", -MONTH)),
    asked("expires", "at this moment", ("Expires", 0)),
    asked("expires", "before a Date that is fast", ("Expires", 300), ("Date", 400)),
    asked("expires", "0", ("Expires", "0")),
    reused("expires", "beside a Date that is none", ("Date", "foo"), ("Expires", HOUR)),
    asked("expires", "Age above it, Date slow", ("Date", -10), ("Expires", 10), ("Age", "25")),
    asked("expires", "Age above it, Date fast", ("Date", 10), ("Expires", 20), ("Age", "15")),
    reused("expires-parse", "32 bits", ("Expires", "Tue, 19 Jan 2038 14:14:08 GMT")),
    reused("expires-parse", "far away", ("Expires", "Sun, 21 Nov 2286 04:46:39 GMT")),
    reused("expires-parse", "RFC 850", ("Expires", "Thursday, 18-Aug-50 02:01:18 GMT")),
    reused("expires-parse", "asctime", ("Expires", "Thu Aug  8 02:01:18 2050")),
    reused(
        "expires-parse", "weekday in another case", ("Expires", "THU, 18 Aug 2050 02:01:18 GMT")
    ),
    reused("expires-parse", "month in another case", ("Expires", "Thu, 18 AUG 2050 02:01:18 GMT")),
    reused("expires-parse", "zone in another case", ("Expires", "Thu, 18 Aug 2050 02:01:18 gMT")),
    asked("expires-parse", "UTC", ("Expires", "Thu, 18 Aug 2050 02:01:18 UTC")),
    asked("expires-parse", "another zone", ("Expires", "Thu, 18 Aug 2050 02:01:18 AEST")),
    asked("expires-parse", "a year of two digits", ("Expires", "Thu, 18 Aug 50 02:01:18 GMT")),
    asked("expires-parse", "no comma", ("Expires", "Thu 18 Aug 2050 02:01:18 GMT")),
    asked("expires-parse", "two spaces", ("Expires", "Thu, 18  Aug  2050 02:01:18 GMT")),
    asked("expires-parse", "dashes", ("Expires", "Thu, 18-Aug-2050 02:01:18 GMT")),
    asked("expires-parse", "periods", ("Expires", "Thu, 18 Aug 2050 02.01.18 GMT")),
    asked("expires-parse", "an hour of one digit", ("Expires", "Thu, 18 Aug 2050 2:01:18 GMT")),
    asked("expires-parse", "two lines", ("Expires", MONTH), ("Expires", DAY)),
)

"""Tags on the way out: whole ones, in each header's own grammar."""

from dataclasses import replace

from imgproxy_py.service.purge import source_tag
from imgproxy_py.web.cache_tags import MAX_CHARACTERS, tag_headers
from tests.store.test_records import RESULT

DIGEST = "0123456789abcdef" * 4
OF_SOURCE = source_tag(DIGEST)


def headers(*tags: str) -> dict[str, str]:
    return dict(tag_headers(replace(RESULT, source_digest=DIGEST, tags=tags)))


def test_the_sources_own_tag_comes_first() -> None:
    assert headers("a", "b") == {
        "Cache-Tag": f"{OF_SOURCE},a,b",
        "Surrogate-Key": f"{OF_SOURCE} a b",
    }


def test_a_tag_that_would_fall_apart_is_left_out() -> None:
    assert headers("two words", "a,b") == {
        "Cache-Tag": f"{OF_SOURCE},two words",
        "Surrogate-Key": f"{OF_SOURCE} a,b",
    }


def test_a_tag_that_no_header_can_carry_is_left_out() -> None:
    assert headers("café", "a") == {
        "Cache-Tag": f"{OF_SOURCE},a",
        "Surrogate-Key": f"{OF_SOURCE} a",
    }


def test_what_does_not_fit_is_left_out_whole() -> None:
    told = headers(*(f"{number:0128}" for number in range(32)))["Cache-Tag"].split(",")

    assert told[0] == OF_SOURCE
    assert {len(tag) for tag in told[1:]} == {128}
    assert len(",".join(told)) <= MAX_CHARACTERS < len(",".join(told)) + 129


def test_an_upload_has_no_tags() -> None:
    assert tag_headers(replace(RESULT, source_digest="")) == ()

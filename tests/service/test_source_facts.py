"""What an origin's answer says of a source, read from its headers alone."""

from datetime import UTC, datetime

import pytest

from imgproxy_py.service.source_facts import (
    MAX_TAG_LENGTH,
    MAX_TAGS,
    may_be_used,
    tags_of,
    validators_of,
)
from imgproxy_py.sources.patterns import read_patterns
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.records import SourceRecord


def record(
    *, etag: str | None = None, last_modified: str | None = None, final_url: str = ""
) -> SourceRecord:
    return SourceRecord(
        url="https://a.example/photo.jpg",
        sha256="0" * 64,
        bytes=1,
        media_type="image/jpeg",
        freshness=Freshness(born_at=0.0),
        fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
        etag=etag,
        last_modified=last_modified,
        final_url=final_url,
    )


@pytest.mark.parametrize(
    ("headers", "tags"),
    [
        ({}, ()),
        ({"cache-tag": "one, two words ,three"}, ("one", "two words", "three")),
        ({"surrogate-key": "one two  three"}, ("one", "two", "three")),
        ({"cache-tag": "one,two", "surrogate-key": "two four"}, ("one", "two", "four")),
        ({"cache-tag": ", ,"}, ()),
        ({"cache-tag": f"{'x' * (MAX_TAG_LENGTH + 1)},short"}, ("short",)),
        ({"cache-tag": "x" * MAX_TAG_LENGTH}, ("x" * MAX_TAG_LENGTH,)),
        ({"cache-tag": "a\x7fb,fine"}, ("fine",)),
    ],
)
def test_tags_are_divided_as_their_headers_are_and_bounded(
    headers: dict[str, str], tags: tuple[str, ...]
) -> None:
    assert tags_of(headers) == tags


def test_no_more_tags_are_kept_than_a_record_has_room_for() -> None:
    many = [f"tag-{number}" for number in range(MAX_TAGS + 10)]

    assert tags_of({"surrogate-key": " ".join(many)}) == tuple(many[:MAX_TAGS])


@pytest.mark.parametrize(
    ("etag", "last_modified", "sent"),
    [
        (None, None, {}),
        ('W/"a"', None, {"If-None-Match": 'W/"a"'}),
        (None, "yesterday", {"If-Modified-Since": "yesterday"}),
        ('"a"', "d", {"If-None-Match": '"a"', "If-Modified-Since": "d"}),
    ],
)
def test_validators_go_back_as_they_came(
    etag: str | None, last_modified: str | None, sent: dict[str, str]
) -> None:
    assert validators_of(record(etag=etag, last_modified=last_modified)) == sent


@pytest.mark.parametrize(
    ("allowed", "final_url", "may"),
    [
        ("", "https://cdn.example/a.jpg", True),
        ("*.example", "https://cdn.example/a.jpg", True),
        ("a.example", "https://cdn.example/a.jpg", False),
        ("a.example", "", False),
        ("", "", True),
    ],
    ids=["all", "covered", "led elsewhere", "from before it was kept", "all, from before"],
)
def test_an_account_uses_what_it_could_have_fetched_itself(
    allowed: str, final_url: str, may: bool
) -> None:
    patterns = read_patterns(allowed) if allowed else ()

    assert may_be_used(record(final_url=final_url), patterns) is may

"""An answer of the service as the web gets it, for tests of what is made of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from imgproxy_py.service.cache_use import HIT
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.records import ResultRecord

DATA = memoryview(b"the bytes of a picture")
RECORD = ResultRecord(
    result_id="A" * 24,
    sha256="ab" * 32,
    bytes=len(DATA),
    media_type="image/avif",
    extension="avif",
    width=1,
    height=1,
    negotiated=True,
    created_at=datetime(2027, 1, 15, 7, 59, 30, tzinfo=UTC),
    source_sha256="cd" * 32,
    source_digest="ef" * 32,
)


def hit(freshness: Freshness, **record: Any) -> ImageAnswer:
    """A stored result; `record` are fields of its record that are other than those above."""
    return ImageAnswer(
        record=replace(RECORD, **record),
        data=DATA,
        freshness=freshness,
        is_stored=True,
        is_made=False,
        cache=HIT,
    )

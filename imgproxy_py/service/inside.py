"""Sources under our own PUBLIC_URL, answered from inside without a network hop.

A sample picture, a stored result, and an optimization URL nested in another one: the service
tells its story for the inner one first.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from imgproxy_py.service.errors import ResultNotFound, TooManyHops
from imgproxy_py.service.purge import source_tag
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, SourceAnswer
from imgproxy_py.sources.errors import OriginTimeout, SourceNotFound
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.freshness import PROVISIONAL_SECONDS, Freshness
from imgproxy_py.store.records import ResultRecord
from options_grammar import RESERVED_SEGMENTS, cut, parse

MAX_HOPS = 5
SAMPLES = {"sample.jpg": "image/jpeg"}

Optimize = Callable[[Request], Awaitable[Answer]]


class Results(Protocol):
    """Where stored results are found."""

    async def open(self, result_id: str) -> ImageAnswer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finished spool; `freshness` is None for what this server made itself."""

    spool: Spool
    freshness: Freshness | None = None
    tags: tuple[str, ...] = ()


class Inside:
    """Reads own URLs. `optimize` is set by the service once it exists: each needs the other."""

    def __init__(
        self, *, public_url: str, spool_directory: Path, max_source_bytes: int, results: Results
    ) -> None:
        self._prefix = public_url.rstrip("/") + "/"
        self._spool_directory = spool_directory
        self._max_source_bytes = max_source_bytes
        self._results = results
        self.optimize: Optimize | None = None

    def holds(self, source_url: str) -> bool:
        return source_url.startswith(self._prefix) or source_url == self._prefix[:-1]

    async def open(self, source_url: str, request: Request) -> Found:
        """What lies behind an own URL."""
        if request.hops >= MAX_HOPS:
            raise TooManyHops(max_hops=MAX_HOPS)
        path = source_url[len(self._prefix) - 1 :]
        first, _, rest = urlsplit(path).path.lstrip("/").partition("/")
        if first == "static":
            return await self._sample(unquote(rest))
        if first == "results":
            return self._found(await self._result(unquote(rest)))
        if not first or first in RESERVED_SEGMENTS:
            raise SourceNotFound("that address of this server is no picture")
        return self._found(await self._nested(path, request))

    async def _sample(self, name: str) -> Found:
        if name not in SAMPLES:
            raise SourceNotFound("this server holds no such picture")
        return Found(spool=self._spooled(await asyncio.to_thread(sample_bytes, name)))

    async def _result(self, result_id: str) -> ImageAnswer:
        try:
            return await self._results.open(result_id)
        except ResultNotFound as error:
            raise SourceNotFound(str(error)) from error

    async def _nested(self, path: str, request: Request) -> ImageAnswer:
        assert self.optimize is not None
        target, _, query = path.partition("?")
        inner = cut(target.encode("ascii"), query.encode("ascii"))
        if inner.source is None:
            raise SourceNotFound("the nested URL names no source, so it gives no picture")
        answer = await self.optimize(
            replace(
                request,
                username=inner.username,
                options=parse(inner.options_text).options,
                source_url=inner.source,
                warnings=(),
                hops=request.hops + 1,
                signature=inner.signature_segment,
                signed_rest=inner.rest,
                allowed_sources=(),
                url_expires_at=None,
            )
        )
        if isinstance(answer, SourceAnswer):
            raise OriginTimeout("the nested URL's picture was not ready in time")
        if not isinstance(answer, ImageAnswer):
            raise SourceNotFound("the nested URL gives no picture")
        return answer

    def _found(self, answer: ImageAnswer) -> Found:
        """What is made of a result may be kept no longer than the result itself, and is not used
        stale: nobody would renew it, while the inner URL is renewed by whoever asks for it."""
        freshness = replace(
            answer.freshness, stale_while_revalidate_seconds=0, stale_if_error_seconds=0
        )
        if answer.record.expires_at is not None:
            freshness = freshness.ending_by(answer.record.expires_at.timestamp())
        if answer.record.is_provisional:
            brief = min(freshness.fresh_until, time.time() + PROVISIONAL_SECONDS)
            left = max(0, int(brief - freshness.born_at))
            freshness = replace(
                freshness,
                lifetime_seconds=left,
                shared_lifetime_seconds=None,
                is_immutable=False,
            )
        return Found(
            spool=self._spooled(answer.data), freshness=freshness, tags=_tags_of(answer.record)
        )

    def _spooled(self, data: bytes | memoryview) -> Spool:
        spool = Spool(
            self._spool_directory,
            max_source_bytes=self._max_source_bytes,
            expected_bytes=len(data),
        )
        spool.write(data)
        spool.finish()
        return spool


def _tags_of(record: ResultRecord) -> tuple[str, ...]:
    """With these, what is made of a result is purged with it."""
    return (source_tag(record.source_digest), *record.tags) if record.source_digest else ()


def sample_bytes(name: str) -> bytes:
    """A picture that the package itself carries, for the first try and the tests."""
    return resources.files("imgproxy_py.web").joinpath("samples", name).read_bytes()

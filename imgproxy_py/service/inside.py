"""Sources under our own PUBLIC_URL, answered from inside without a network hop.

A sample picture, a stored result, and an optimization URL nested in another one: the service
tells its story for the inner one first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from imgproxy_py.service.errors import ResultNotFound, TooManyHops
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer
from imgproxy_py.sources.errors import SourceNotFound
from imgproxy_py.sources.spool import Spool
from options_grammar import cut, parse

MAX_HOPS = 5
SAMPLES = {"sample.jpg": "image/jpeg"}

Optimize = Callable[[Request], Awaitable[Answer]]


class Results(Protocol):
    """Where stored results are found."""

    async def open(self, result_id: str) -> ImageAnswer: ...


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
        return source_url.startswith(self._prefix)

    async def open(self, source_url: str, request: Request) -> Spool:
        """The bytes behind an own URL, in a finished spool."""
        if request.hops >= MAX_HOPS:
            raise TooManyHops(max_hops=MAX_HOPS)
        path = source_url[len(self._prefix) - 1 :]
        first, _, rest = urlsplit(path).path.lstrip("/").partition("/")
        if first == "static":
            return await self._sample(unquote(rest))
        if first == "results":
            return self._spooled((await self._result(unquote(rest))).data)
        return self._spooled(await self._nested(path, request))

    async def _sample(self, name: str) -> Spool:
        if name not in SAMPLES:
            raise SourceNotFound("this server holds no such picture")
        return self._spooled(await asyncio.to_thread(sample_bytes, name))

    async def _result(self, result_id: str) -> ImageAnswer:
        try:
            return await self._results.open(result_id)
        except ResultNotFound as error:
            raise SourceNotFound(str(error)) from error

    async def _nested(self, path: str, request: Request) -> memoryview:
        assert self.optimize is not None
        target, _, query = path.partition("?")
        inner = cut(target.encode("ascii"), query.encode("ascii"))
        answer = await self.optimize(
            replace(
                request,
                username=inner.username,
                options=parse(inner.options_text).options,
                source_url=inner.source,
                warnings=(),
                hops=request.hops + 1,
            )
        )
        if not isinstance(answer, ImageAnswer):
            raise SourceNotFound("the nested URL gives no picture")
        return answer.data

    def _spooled(self, data: bytes | memoryview) -> Spool:
        spool = Spool(
            self._spool_directory,
            max_source_bytes=self._max_source_bytes,
            expected_bytes=len(data),
        )
        spool.write(data)
        spool.finish()
        return spool


def sample_bytes(name: str) -> bytes:
    """A picture that the package itself carries, for the first try and the tests."""
    return resources.files("imgproxy_py.web").joinpath("samples", name).read_bytes()

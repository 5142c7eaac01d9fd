"""Pictures of a command line through the engine: read, optimize, write, say what came of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from imgproxy_py.cli.faults import said
from imgproxy_py.cli.files import Picture
from imgproxy_py.cli.finish import Target, finish
from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.compose.limits import fetch_policy, limits
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Optimized
from imgproxy_py.engine.sniff import sniff
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.settings import Settings
from imgproxy_py.sources.fetcher import Fetcher
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.pool import EnginePool, PoolSettings
from options_grammar import Format

_READ_BYTES = 1 << 20
# Nobody waits at the other end of a connection here.
_TIMEOUT_SECONDS = 600.0


class LocalRun:
    """An engine of its own for the length of one command."""

    def __init__(self, settings: Settings) -> None:
        self._limits = limits(settings)
        self._max_source_bytes = settings.max_source_bytes
        self._pool = EnginePool(
            PoolSettings(
                children=settings.engine_workers,
                max_waiting=1 << 30,
                memory_bytes=settings.engine_memory_bytes,
            )
        )
        self._fetcher = Fetcher(fetch_policy(settings))
        # More would only lie in memory waiting for a child.
        self._turns = asyncio.Semaphore(settings.engine_workers + 1)
        self._scratch = TemporaryDirectory(prefix="imgproxy-py-")
        self._ending = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._ending.callback(self._scratch.cleanup)
        self._ending.push_async_callback(self._pool.close)
        self._ending.push_async_callback(self._fetcher.close)
        await self._fetcher.start()
        await self._pool.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._ending.aclose()

    async def optimize(self, picture: Picture, target: Target) -> Outcome:
        """One picture, start to end; a fault of this one is an outcome, not an exception."""
        async with self._turns:
            try:
                async with self._opened(picture) as spool:
                    return await self._optimize(picture, target, spool)
            except (ImgproxyError, OSError) as error:
                return _failed(picture, error)

    async def _optimize(self, picture: Picture, target: Target, spool: Spool) -> Outcome:
        options = replace(target.options, wants_meta=False)
        if target.folder is None:
            source_format = sniff(SourceBytes(spool.fileno()).head())
            if not FORMATS[source_format].is_writable:
                return _left_alone(picture, spool, source_format)
            options = replace(options, format=Format(source_format.value))
        accepts = frozenset(ImageFormat(name) for name in target.accepts)
        job = Job(options=options, accepts=accepts, limits=self._limits, tier=target.tier)
        result = await self._pool.run(job, spool, deadline=time.monotonic() + _TIMEOUT_SECONDS)
        assert isinstance(result, Optimized)
        await spool.wait_ended()
        return await asyncio.to_thread(finish, picture, target, job.options, spool, result)

    @asynccontextmanager
    async def _opened(self, picture: Picture) -> AsyncIterator[Spool]:
        if not picture.is_url:
            with await asyncio.to_thread(self._spool, picture.path) as spool:
                yield spool
            return
        fetched = await self._fetcher.fetch(picture.name, spool_directory=Path(self._scratch.name))
        async with fetched:
            yield fetched.spool

    def _spool(self, path: Path) -> Spool:
        spool = Spool(
            Path(self._scratch.name),
            max_source_bytes=self._max_source_bytes,
            expected_bytes=path.stat().st_size,
        )
        try:
            with path.open("rb") as file:
                while chunk := file.read(_READ_BYTES):
                    spool.write(chunk)
            spool.finish()
        except BaseException:
            spool.close()
            raise
        return spool


def _failed(picture: Picture, error: Exception) -> Outcome:
    source_bytes = 0
    if not picture.is_url:
        with suppress(OSError):  # gone, or not ours to see
            source_bytes = picture.path.stat().st_size
    return Outcome(name=picture.name, source_bytes=source_bytes, error=said(error))


def _left_alone(picture: Picture, spool: Spool, source_format: ImageFormat) -> Outcome:
    told = f"{source_format.value.upper()} files are not written here; this one stays as it is"
    return Outcome(
        name=picture.name,
        source_bytes=spool.bytes_written,
        source_path=picture.path,
        source_format=source_format.value,
        result_bytes=spool.bytes_written,
        format=source_format.value,
        warnings=(told,),
    )

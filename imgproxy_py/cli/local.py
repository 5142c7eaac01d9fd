"""Local pictures through the engine: read, optimize, write, and say what came of it."""

import asyncio
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from imgproxy_py.cli.files import SourceFile, replace_file
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Optimized
from imgproxy_py.engine.sniff import sniff
from imgproxy_py.engine.source import SourceBytes
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.main import limits
from imgproxy_py.settings import Settings
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.pool import EnginePool, PoolSettings
from options_grammar import Format, Options

_READ_BYTES = 1 << 20
# Nobody waits at the other end of a connection here.
_TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What to make and where: None as `folder` replaces the files themselves."""

    options: Options
    accepts: tuple[str, ...] = ()
    folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one file; `error` is set when it was left alone because of a fault."""

    path: Path
    source_bytes: int
    result_bytes: int | None = None
    result_path: Path | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None

    @property
    def saved_percent(self) -> float:
        if not self.result_bytes or not self.source_bytes:
            return 0.0
        return 100.0 * (1 - self.result_bytes / self.source_bytes)

    def as_json(self) -> dict[str, object]:
        return {
            "path": str(self.path),
            "result_path": None if self.result_path is None else str(self.result_path),
            "source_bytes": self.source_bytes,
            "result_bytes": self.result_bytes,
            "saved_percent": round(self.saved_percent, 1),
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "warnings": list(self.warnings),
            "error": self.error,
        }


class LocalRun:
    """An engine of its own for the length of one command."""

    def __init__(self, settings: Settings) -> None:
        self._limits = replace(limits(settings), max_pixels=settings.max_pixels)
        self._max_source_bytes = settings.max_source_bytes
        self._pool = EnginePool(
            PoolSettings(
                children=settings.engine_workers,
                max_waiting=1 << 30,
                memory_bytes=settings.engine_memory_bytes,
            )
        )
        # More would only lie in memory waiting for a child.
        self._turns = asyncio.Semaphore(settings.engine_workers + 1)
        self._scratch = TemporaryDirectory(prefix="imgproxy-py-")

    async def __aenter__(self) -> Self:
        await self._pool.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._pool.close()
        self._scratch.cleanup()

    async def optimize(self, file: SourceFile, target: Target) -> Outcome:
        """One file, start to end; a fault of this file is an outcome, not an exception."""
        async with self._turns:
            try:
                source_bytes = file.path.stat().st_size
                return await self._optimize(file, target, source_bytes)
            except (ImgproxyError, OSError) as error:
                return Outcome(path=file.path, source_bytes=0, error=str(error))

    async def _optimize(self, file: SourceFile, target: Target, source_bytes: int) -> Outcome:
        with await asyncio.to_thread(self._spool, file.path) as spool:
            job = self._job(spool, target)
            result = await self._pool.run(job, spool, deadline=time.monotonic() + _TIMEOUT_SECONDS)
        assert isinstance(result, Optimized)
        written = await asyncio.to_thread(_write, file, target, result, source_bytes)
        return Outcome(
            path=file.path,
            source_bytes=source_bytes,
            result_bytes=len(result.data) if written else source_bytes,
            result_path=written,
            format=result.format.value,
            width=result.width,
            height=result.height,
            warnings=result.warnings,
        )

    def _job(self, spool: Spool, target: Target) -> Job:
        options = replace(target.options, wants_meta=False)
        if target.folder is None and options.format is Format.AUTO:
            options = replace(options, format=_same_format(spool))
        accepts = frozenset(ImageFormat(name) for name in target.accepts)
        return Job(options=options, accepts=accepts, limits=self._limits)

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


def _same_format(spool: Spool) -> Format:
    source_format = sniff(SourceBytes(spool.fileno()).head())
    return Format(source_format.value) if FORMATS[source_format].is_writable else Format.AUTO


def _write(file: SourceFile, target: Target, result: Optimized, source_bytes: int) -> Path | None:
    """Where the result went; None when a file stays as it is because nothing was saved."""
    if target.folder is not None:
        extension = FORMATS[result.format].extension
        path = target.folder / file.relative.with_suffix(f".{extension}")
    elif len(result.data) < source_bytes or not target.options.is_full:
        path = file.path
    else:
        return None
    replace_file(path, result.data)
    return path

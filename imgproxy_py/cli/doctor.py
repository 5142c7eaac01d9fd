"""`imgproxy-py doctor`: what this installation can do, and what stands in its way."""

import asyncio
import shutil
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass

import click

from imgproxy_py.cli.serve import load_settings
from imgproxy_py.database.migrate import migrate
from imgproxy_py.engine.codecs import codec_versions, missing_codecs
from imgproxy_py.settings import Settings
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.version import VERSION
from imgproxy_py.workers.pool import EnginePool, PoolSettings

MIN_FREE_BYTES = 1_000_000_000
_PROBE = "doctor/probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report."""

    subject: str
    text: str
    is_good: bool = True


@click.command(short_help="Check codecs, limits, folders and connections.")
def doctor() -> None:
    """Check codecs, limits, folders and connections; exits with 1 when something is wrong."""
    settings = load_settings()
    is_good = True
    for finding in findings(settings):
        mark = click.style("ok  ", fg="green") if finding.is_good else click.style("bad ", fg="red")
        click.echo(f"{mark} {finding.subject:<12} {finding.text}")
        is_good &= finding.is_good
    sys.exit(not is_good)


def findings(settings: Settings) -> Iterator[Finding]:
    """The whole report, in the order in which a start would meet each thing."""
    yield Finding(subject="version", text=f"imgproxy-py {VERSION}, Python {sys.version.split()[0]}")
    for name, version in codec_versions().items():
        yield Finding(subject=name, text=version)
    for name, remedy in missing_codecs().items():
        yield Finding(subject=name, text=remedy, is_good=False)
    yield _disk(settings)
    yield _attempt("database", settings.database_url.split(":", 1)[0], _database(settings))
    yield _attempt("results", settings.results_url.split(":", 1)[0], _blobs(settings))
    yield _attempt("engine", _processes(settings.engine_workers), _engine(settings))
    megapixels = settings.max_pixels / 1e6
    megabytes = settings.max_source_bytes / 1e6
    text = f"{megabytes:g} MB, {megapixels:g} megapixels, {settings.max_side_pixels} pixels a side"
    yield Finding(subject="limits", text=f"{text}, {settings.max_frames} frames")


def _processes(count: int) -> str:
    return "1 process starts" if count == 1 else f"{count} processes start"


def _disk(settings: Settings) -> Finding:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free
    text = f"{free / 1e9:.1f} GB free in {settings.data_dir}"
    return Finding(subject="disk", text=text, is_good=free >= MIN_FREE_BYTES)


def _attempt(subject: str, good: str, work: Coroutine[None, None, None]) -> Finding:
    try:
        asyncio.run(work)
    except Exception as error:  # noqa: BLE001 - a report names whatever is wrong
        return Finding(subject=subject, text=f"{type(error).__name__}: {error}", is_good=False)
    return Finding(subject=subject, text=good)


async def _database(settings: Settings) -> None:
    await migrate(settings.database_url)


async def _blobs(settings: Settings) -> None:
    blobs = BlobStore(settings.results_url)
    await blobs.put(_PROBE, b"probe")
    await blobs.delete(_PROBE)


async def _engine(settings: Settings) -> None:
    pool = EnginePool(
        PoolSettings(children=settings.engine_workers, memory_bytes=settings.engine_memory_bytes)
    )
    try:
        await pool.start()
    finally:
        await pool.close()

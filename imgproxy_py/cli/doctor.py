"""`imgproxy-py doctor`: what this installation can do, and what stands in its way.

What a first start would make is only announced here.
"""

import asyncio
import shutil
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass

import click

from imgproxy_py.cli.footing import check_writable, missing_path, nearest_folder
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.database.migrate import migrate
from imgproxy_py.engine.codecs import codec_versions, missing_codecs
from imgproxy_py.settings import Settings
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.memcached_servers import Unreachable, version_of
from imgproxy_py.version import VERSION
from imgproxy_py.workers.pool import EnginePool, PoolSettings

MIN_FREE_BYTES = 1_000_000_000
_PROBE = "doctor/probe"
_TO_COME = "will be created"


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
    yield _attempt("database", _database(settings))
    yield _attempt("results", _blobs(settings))
    yield _attempt("cache", _cache(settings))
    yield _attempt("engine", _engine(settings))
    megapixels = settings.max_pixels / 1e6
    megabytes = settings.max_source_bytes / 1e6
    text = f"{megabytes:g} MB, {megapixels:g} megapixels, {settings.max_side_pixels} pixels a side"
    yield Finding(subject="limits", text=f"{text}, {settings.max_frames} frames")


def _processes(count: int) -> str:
    return "1 process starts" if count == 1 else f"{count} processes start"


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(nearest_folder(settings.data_dir)).free
    is_there = settings.data_dir.exists()
    text = f"{free / 1e9:.1f} GB free {'in' if is_there else 'for'} {settings.data_dir}"
    try:
        check_writable(settings.data_dir)
    except OSError as error:
        return Finding(subject="disk", text=f"{text}: {error.strerror}", is_good=False)
    text = text if is_there else f"{text}, {_TO_COME}"
    return Finding(subject="disk", text=text, is_good=free >= MIN_FREE_BYTES)


def _attempt(subject: str, work: Coroutine[None, None, str]) -> Finding:
    """What `work` says when it goes well."""
    try:
        return Finding(subject=subject, text=asyncio.run(work))
    except Exception as error:  # noqa: BLE001 - a report names whatever is wrong
        return Finding(subject=subject, text=f"{type(error).__name__}: {error}", is_good=False)


async def _database(settings: Settings) -> str:
    kind = settings.database_url.split(":", 1)[0]
    missing = missing_path(settings.database_url)
    if missing is not None:
        check_writable(missing.parent)
        return f"{kind}, {_TO_COME}"
    await migrate(settings.database_url)
    return kind


async def _blobs(settings: Settings) -> str:
    kind = settings.results_url.split(":", 1)[0]
    missing = missing_path(settings.results_url)
    if missing is not None:
        check_writable(missing)
        return f"{kind}, {_TO_COME}"
    blobs = BlobStore(settings.results_url)
    await blobs.put(_PROBE, b"probe")
    await blobs.delete(_PROBE)
    return kind


async def _cache(settings: Settings) -> str:
    """Every server of a memcached: one that is missing costs its share of the records."""
    servers = settings.memcached_servers
    if not servers:
        return "memory"
    told = await asyncio.gather(
        *(asyncio.to_thread(version_of, server) for server in servers), return_exceptions=True
    )
    missing = [str(answer) for answer in told if isinstance(answer, BaseException)]
    if missing:
        raise Unreachable("; ".join(missing))
    found = (f"{host}:{port} {answer}" for (host, port), answer in zip(servers, told, strict=True))
    return ", ".join(["memcached", *found])


async def _engine(settings: Settings) -> str:
    pool = EnginePool(
        PoolSettings(children=settings.engine_workers, memory_bytes=settings.engine_memory_bytes)
    )
    try:
        await pool.start()
    finally:
        await pool.close()
    return _processes(settings.engine_workers)

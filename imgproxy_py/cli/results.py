"""`imgproxy-py results`: what lies in the store of results, kept within bounds and purged."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from rich.filesize import decimal

from imgproxy_py.cli.footing import missing_path
from imgproxy_py.cli.installation import as_json_option, print_json
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.service.kept_sources import FOLDER
from imgproxy_py.service.purge import Purged, Purger
from imgproxy_py.service.source_facts import MAX_TAG_LENGTH
from imgproxy_py.settings import Settings
from imgproxy_py.settings.readers import byte_count
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.prune import Pruned, prune
from imgproxy_py.store.purges import Purges
from imgproxy_py.store.records import Records
from options_grammar import PathError

T = TypeVar("T")


@click.group(short_help="Bound and purge what is stored.")
def results() -> None:
    """Bound and purge the store of results. A server may run beside it."""


@results.command("prune")
@click.option(
    "--max-bytes",
    metavar="SIZE",
    help="What may stay: 500MB, 2GiB …  [default: the setting RESULTS_MAX_BYTES]",
)
@as_json_option
def prune_(max_bytes: str | None, as_json: bool) -> None:
    """Remove what was not used for the longest time, as a running server does every ten minutes.

    Nothing is removed within the bound; above it, down to nine tenths of it. What accounts keep in
    their libraries and uploads that wait for a job stay.
    """

    given = None if max_bytes is None else _byte_count(max_bytes)

    async def work(settings: Settings, blobs: BlobStore) -> Pruned:
        bound = settings.results_max_bytes if given is None else given
        return await prune(blobs, max_bytes=bound)

    pruned = _in_store(work)
    if as_json:
        print_json(
            {
                "removed_blobs": pruned.removed_blobs,
                "removed_bytes": pruned.removed_bytes,
                "kept_bytes": pruned.kept_bytes,
                "library_bytes": pruned.library_bytes,
                "upload_bytes": pruned.upload_bytes,
            }
        )
        return
    click.echo(f"removed {pruned.removed_blobs:,} blobs, {decimal(pruned.removed_bytes)}")
    click.echo(
        f"kept {decimal(pruned.kept_bytes)}, and {decimal(pruned.library_bytes)} in libraries"
    )


@results.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--tag", "tags", multiple=True, help="A tag of origins' answers; may be repeated.")
@as_json_option
def purge(urls: tuple[str, ...], tags: tuple[str, ...], as_json: bool) -> None:
    """Forget all that was made from the source at each URL, and all that carries a tag.

    A running server notices within half a minute. A CDN in front has copies of its own: purge
    them there, by the tags printed here.
    """
    if not urls and not tags:
        raise click.UsageError("give a source's URL, or --tag")
    if any(not tag.strip() or len(tag) > MAX_TAG_LENGTH for tag in tags):
        raise click.BadParameter(f"a tag has 1 to {MAX_TAG_LENGTH} characters", param_hint="--tag")

    async def work(settings: Settings, blobs: BlobStore) -> Purged:
        return await _purger(settings, blobs).purge(urls=urls, tags=tags)

    purged = _in_store(work)
    if as_json:
        print_json(purged.as_json())
        return
    for name in (*purged.urls, *(f"tag {tag}" for tag in tags)):
        click.echo(f"purged {name}")
    click.echo(f"for a CDN in front, by tag: {', '.join(purged.tags)}")


def _byte_count(text: str) -> int:
    try:
        return byte_count(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--max-bytes") from error


def _purger(settings: Settings, blobs: BlobStore) -> Purger:
    """For one purge: what it remembers lasts no longer."""
    memory = BoundedMemoryCache(max_bytes=1 << 20)
    return Purger(
        purges=Purges(blobs),
        records=Records(blobs, memory=memory),
        kept=Contents(blobs=blobs, folder=FOLDER),
        public_url=settings.public_url,
    )


def _in_store(work: Callable[[Settings, BlobStore], Awaitable[T]]) -> T:
    """What `work` comes to. Ends the command with 1 and a reason when it cannot be done."""
    settings = load_settings()
    if settings.results_url.startswith("memory:"):
        raise click.ClickException(
            "the results lie in the server's own memory (RESULTS_URL is memory://), where only "
            "the server reaches them: it prunes by itself, and purges by DELETE /api/v1/cache"
        )
    missing = missing_path(settings.results_url)
    if missing is not None:
        raise click.ClickException(
            f"there are no results at {missing.absolute()}; is IMGPROXY_PY_DATA_DIR that of the "
            "server?"
        )

    async def run() -> T:
        return await work(settings, BlobStore(settings.results_url))

    try:
        return asyncio.run(run())
    except (StoreError, PathError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)

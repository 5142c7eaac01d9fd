"""`imgproxy-py results`: what lies in the store of results, kept within bounds and purged."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click
from rich.filesize import decimal

from imgproxy_py.cli.installation import as_json_option, print_json
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.moments import utc_text
from imgproxy_py.service.kept_sources import FOLDER
from imgproxy_py.service.purge import Purged, Purger
from imgproxy_py.settings import Settings
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.prune import Pruned, prune
from imgproxy_py.store.purges import LISTED_SECONDS, Purges
from imgproxy_py.store.records import Records
from options_grammar import PathError

T = TypeVar("T")


@click.group(short_help="Bound and purge what is stored.")
def results() -> None:
    """Bound and purge the store of results. A server may run beside it."""


@results.command("prune")
@click.option(
    "--max-bytes",
    type=click.IntRange(min=0),
    help="What may stay.  [default: the setting RESULTS_MAX_BYTES]",
)
@as_json_option
def prune_(max_bytes: int | None, as_json: bool) -> None:
    """Remove what was not used for the longest time, as a running server does every ten minutes.

    Nothing is removed within the bound; above it, down to nine tenths of it. What accounts keep in
    their libraries and uploads that wait for a job stay.
    """

    async def work(settings: Settings, blobs: BlobStore) -> Pruned:
        bound = settings.results_max_bytes if max_bytes is None else max_bytes
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

    async def work(settings: Settings, blobs: BlobStore) -> Purged:
        return await _purger(settings, blobs).purge(urls=urls, tags=tags)

    purged = _in_store(work)
    if as_json:
        print_json(
            {
                "urls": list(purged.urls),
                "tags": list(purged.tags),
                "purged_at": utc_text(purged.at),
                "everywhere_within_seconds": int(LISTED_SECONDS),
            }
        )
        return
    for name in (*purged.urls, *(f"tag {tag}" for tag in tags)):
        click.echo(f"purged {name}")
    click.echo(f"for a CDN in front, by tag: {', '.join(purged.tags)}")


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
            "the results lie in the server's own memory (RESULTS_URL is memory://); "
            "purge them with DELETE /api/v1/cache"
        )

    async def run() -> T:
        return await work(settings, BlobStore(settings.results_url))

    try:
        return asyncio.run(run())
    except (StoreError, PathError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)

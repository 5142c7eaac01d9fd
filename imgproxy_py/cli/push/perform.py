"""A push from its start to its end: prepare, run, and what is left to do when all has ended."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from imgproxy_py.cli.originals import Originals
from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.push.archive import fetch_archive
from imgproxy_py.cli.push.asked import Asked
from imgproxy_py.cli.push.batch import Batch
from imgproxy_py.cli.push.client import Client
from imgproxy_py.cli.push.places import FolderPlace, InPlace, Place, ZipPlace
from imgproxy_py.cli.push.prepare import Prepared
from imgproxy_py.cli.push.run import UPLOADS, Plan, Push
from imgproxy_py.cli.push.show import Show, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where to send everything, with which key, and how much at a time."""

    url: str
    api_key: str
    downloads: int
    shows_progress: bool


async def perform(asked: Asked, prepared: Prepared, server: Server) -> list[Outcome]:
    """The outcomes of all pictures in their order. Raises PushError and OSError."""
    made: Sequence[Outcome] = ()
    if prepared.pieces:
        with _place(asked) as place, shown(is_shown=server.shows_progress) as show:
            made = await _made(prepared, server, place, show)
    by_name = {outcome.name: outcome for outcome in (*prepared.outcomes, *made)}
    return [by_name[picture.name] for picture in asked.pictures]


async def _made(prepared: Prepared, server: Server, place: Place, show: Show) -> Sequence[Outcome]:
    # Uploads, results, and one connection each for looking and for news.
    connections = UPLOADS + server.downloads + 2
    client = Client(server.url, server.api_key, connections=connections, on_wait=show.waits)
    plan = Plan(
        pieces=prepared.pieces, chunks=prepared.chunks, place=place, downloads=server.downloads
    )
    batch = Batch(client=client, id=prepared.batch_id)
    try:
        push = Push(batch, plan, show)
        await push.run()
        if isinstance(place, InPlace):
            return await _replaced(place, push.outcomes)
        if isinstance(place, ZipPlace) and any(not made.error for made in push.outcomes.values()):
            await fetch_archive(batch, place.path)
        return list(push.outcomes.values())
    finally:
        await client.close()


async def _replaced(place: InPlace, outcomes: dict[str, Outcome]) -> list[Outcome]:
    """What has begun is ended, though somebody presses Ctrl-C: it takes moments."""
    replacing = asyncio.ensure_future(asyncio.to_thread(place.replace_all))
    try:
        faults = await asyncio.shield(replacing)
    except asyncio.CancelledError:
        await replacing
        raise
    return [
        outcome
        if name not in faults
        else replace(outcome, error=faults[name], result_path=None, result_bytes=None)
        for name, outcome in outcomes.items()
    ]


@contextmanager
def _place(asked: Asked) -> Iterator[Place]:
    with ExitStack() as ending:
        if asked.where.folder is not None:
            originals = Originals.of(asked.pictures)
            yield FolderPlace(folder=asked.where.folder, originals=originals)
        elif asked.where.archive is not None:
            yield ZipPlace(path=asked.where.archive)
        else:
            # A hidden folder, on the disk that has to hold the results anyway.
            beside = asked.pictures[0].path.resolve().parent
            staging = ending.enter_context(TemporaryDirectory(prefix=".imgproxy-py-", dir=beside))
            yield InPlace(staging=Path(staging), is_full_size=asked.options.is_full)

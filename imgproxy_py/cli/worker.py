"""`imgproxy-py worker`: work on jobs, beside a server or on another machine, and answer nobody."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack

import click
import uvloop

from imgproxy_py import heap
from imgproxy_py.cli.footing import missing_path
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.compose.accounts import start_accounts
from imgproxy_py.compose.jobs import start_jobs
from imgproxy_py.compose.parts import Parts
from imgproxy_py.compose.story import start_story
from imgproxy_py.descriptors import open_as_many_as_allowed
from imgproxy_py.settings import Settings
from imgproxy_py.telemetry.logs import configure_logging


@click.command()
def worker() -> None:
    """Work on the jobs of a server that has the same settings.

    Stops on SIGTERM and SIGINT: what was begun is finished within DRAIN_SECONDS, the rest goes
    back to the queue.
    """
    settings = load_settings()
    if settings.results_url.startswith("memory:"):
        click.echo(
            "imgproxy-py worker cannot start: RESULTS_URL is memory://, which only one process "
            "sees; give a folder or a bucket that the server has too",
            err=True,
        )
        sys.exit(2)
    missing = missing_path(settings.database_url)
    if missing is not None:
        click.echo(
            f"imgproxy-py worker cannot start: there is no database at {missing.absolute()}; is "
            "IMGPROXY_PY_DATA_DIR that of the server?",
            err=True,
        )
        sys.exit(2)
    configure_logging(settings.log_format.value)
    heap.keep_read_buffers()
    open_as_many_as_allowed()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings))


async def _work(settings: Settings) -> None:
    shutdown = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, shutdown.set)
    async with AsyncExitStack() as stack:
        accounts = await start_accounts(settings, stack)
        story = await start_story(settings, accounts, stack)
        parts = Parts(
            settings=settings,
            stack=stack,
            accounts=accounts,
            story=story,
            is_stopping=shutdown.is_set,
        )
        await start_jobs(parts)
        heap.settle()
        click.echo(f"imgproxy-py works on jobs with {settings.engine_workers} engine processes")
        await shutdown.wait()
        click.echo("imgproxy-py finishes what it has begun")

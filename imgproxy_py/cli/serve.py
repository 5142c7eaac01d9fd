"""`imgproxy-py serve`: start the server and say how to use it."""

import asyncio
import errno
import os
import sys
from urllib.parse import quote

import click
import uvloop

from imgproxy_py.cli.loading import load_settings
from imgproxy_py.descriptors import open_as_many_as_allowed
from imgproxy_py.heap import keep_read_buffers
from imgproxy_py.main import Server, run
from imgproxy_py.settings import Settings
from imgproxy_py.telemetry.logs import configure_logging

_CANNOT_LISTEN = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES)


@click.command()
def serve() -> None:
    """Start the server. Settings come from the environment and `.env` (docs/settings.md)."""
    settings = load_settings()
    configure_logging(settings.log_format.value)
    keep_read_buffers()
    open_as_many_as_allowed()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(run(settings, announce))
        except OSError as error:
            if error.errno not in _CANNOT_LISTEN:
                raise
            where = f"{settings.host}:{settings.port}"
            click.echo(
                f"imgproxy-py cannot listen on {where}: {os.strerror(error.errno)}", err=True
            )
            sys.exit(1)


def announce(settings: Settings, server: Server) -> None:
    """Where the server is and a line that works as pasted; at first start also the account."""
    base = settings.public_url
    click.echo(f"\n  imgproxy-py answers on {base}\n")
    if server.first_account is not None:
        click.echo(f"  username  {server.username}")
        click.echo(f"  API key   {server.first_account.key.plaintext}   (shown only now)\n")
    click.echo("  Try it:\n")
    username = quote(server.username, safe="")
    sample = f"{base}/{username}/600,quality=medium/{base}/static/sample.jpg"
    click.echo(f"    curl -XPOST -L -o sample-600.jpg '{sample}'\n")

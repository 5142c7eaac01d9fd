"""`imgproxy-py push`: whole folders through a server's batches, sent once and fetched back."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click
import uvloop

from imgproxy_py.cli.gate import Gate, gate_options
from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.push.asked import Asked, Where, server_address
from imgproxy_py.cli.push.errors import PushError
from imgproxy_py.cli.push.perform import Server, perform
from imgproxy_py.cli.push.prepare import prepare
from imgproxy_py.web.api.field_values import COMPRESSIONS, FITS, FORMATS, MAX_SIDE_PIXELS

_SIDE = click.IntRange(min=1, max=MAX_SIDE_PIXELS)
_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count


@click.command(short_help="Optimize files and whole folders on a server.")
@click.argument("paths", nargs=-1, required=True)
@click.option("--url", envvar="IMGPROXY_PY_URL", show_envvar=True, help="The server's address.")
@click.option(
    "--api-key", envvar="IMGPROXY_PY_API_KEY", show_envvar=True, help="opt_…; best not typed."
)
@click.option("--options", "text", default="", help="As in a URL: 800x600,quality=high …")
@click.option(
    "--format", "result_format", type=click.Choice(list(FORMATS)), help="The format of all results."
)
@click.option("--compression", type=click.Choice(list(COMPRESSIONS)), help="How much may be lost.")
@click.option("--width", type=_SIDE, help="In pixels.")
@click.option("--height", type=_SIDE, help="In pixels.")
@click.option("--fit", type=click.Choice(list(FITS)), help="With --width and --height.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the results.  [default: optimized]",
)
@click.option("--in-place", is_flag=True, help="Replace files, keeping formats, where it saves.")
@click.option(
    "--zip",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.zip",
    help="Fetch all results as one archive.",
)
@click.option("--batch-id", help="The batch's name on the server.  [default: made of the files]")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1, max=32),
    default=4,
    show_default=True,
    help="Results that are fetched at the same time.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, on standard output.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@gate_options
def push(
    paths: tuple[str, ...],
    url: str | None,
    api_key: str | None,
    text: str,
    result_format: str | None,
    compression: str | None,
    width: int | None,
    height: int | None,
    fit: str | None,
    output: Path | None,
    in_place: bool,
    archive: Path | None,
    batch_id: str | None,
    concurrency: int,
    as_json: bool,
    dry_run: bool,
    max_bytes: int | None,
    fail_over: float | None,
    fail_under: float | None,
) -> None:
    """Optimize pictures on a server: files, and folders with everything below them.

    Stopped in the middle, the same command goes on where it was: what the server has is not sent
    again, and what it has made is not made again. Exits with 1 when a picture could not be
    optimized or a limit was passed, with 2 when the command line itself is wrong.
    """
    fields = {
        "options": text,
        "format": result_format,
        "compression": compression,
        "width": width,
        "height": height,
        "fit": fit,
    }
    asked = Asked.of(
        paths=paths,
        fields={name: str(value) for name, value in fields.items() if value},
        where=Where.of(output=output, in_place=in_place, archive=archive),
        batch_id=batch_id,
    )
    if dry_run:
        return _tell_plan(asked)
    server = Server(
        url=server_address(url),
        api_key=_given(api_key),
        downloads=concurrency,
        shows_progress=not as_json,
    )
    gate = Gate(max_bytes=max_bytes, fail_over_percent=fail_over, fail_under_score=fail_under)
    _tell(_pushed(asked, server), gate, as_json=as_json)


def _given(api_key: str | None) -> str:
    if not api_key:
        raise click.UsageError("give an API key with --api-key or in IMGPROXY_PY_API_KEY")
    if not (api_key.isascii() and api_key.isprintable()):
        raise click.UsageError("the API key is no key: it has characters that no key has")
    return api_key


def _tell_plan(asked: Asked) -> None:
    prepared = asyncio.run(prepare(asked))
    for chunk in prepared.chunks:
        for piece in chunk.pieces:
            click.echo(f"{piece.picture.name}: {piece.size_bytes} bytes, as {piece.filename}")
    for outcome in prepared.outcomes:
        click.echo(f"{outcome.name}: {outcome.error or outcome.warnings[0]}")
    files, chunks = len(prepared.pieces), len(prepared.chunks)
    click.echo(
        f"{files} {_plural('file', files)} of {prepared.size_bytes} bytes would go out in "
        f"{chunks} {_plural('request', chunks)}, as the batch {prepared.batch_id}"
    )


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _pushed(asked: Asked, server: Server) -> list[Outcome]:
    """All outcomes, or the end of the command with a clear word."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_push(asked, server))
    except KeyboardInterrupt:
        click.echo("interrupted; run the same command again to go on from here", err=True)
        sys.exit(_INTERRUPTED)
    except (PushError, OSError) as error:
        click.echo(f"imgproxy-py push: {error}", err=True)
        sys.exit(1)


async def _push(asked: Asked, server: Server) -> list[Outcome]:
    return await perform(asked, await prepare(asked), server)


def _tell(outcomes: Sequence[Outcome], gate: Gate, *, as_json: bool) -> NoReturn:
    """Everything that came of it; what the gate holds back is named last."""
    if as_json:
        click.echo("\n".join(json.dumps(outcome.as_json()) for outcome in outcomes))
    else:
        from imgproxy_py.cli.table import print_table  # takes time to load

        print_table(outcomes)
    complaints = [(one.name, told) for one in outcomes if (told := gate.complaint(one))]
    for name, told in complaints:
        click.echo(f"{name}: {told}", err=True)
    sys.exit(bool(complaints))

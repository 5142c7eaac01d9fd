"""`imgproxy-py optimize`: local files and folders through the same engine as the server."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import uvloop

from imgproxy_py.cli.files import SourceFile, find_pictures
from imgproxy_py.cli.local import LocalRun, Outcome, Target
from imgproxy_py.cli.serve import load_settings
from imgproxy_py.cli.table import print_table, progress
from imgproxy_py.settings import Settings
from options_grammar import OptionsError, parse


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--options", "text", default="full", help="As in a URL: 800x600,quality=high …")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("optimized"), show_default=True
)
@click.option("--in-place", is_flag=True, help="Replace files, keeping formats, where it saves.")
@click.option("--accept", multiple=True, type=click.Choice(["avif", "webp"]), help="Open a format.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, on standard output.")
def optimize(
    paths: tuple[Path, ...],
    text: str,
    output: Path,
    in_place: bool,
    accept: tuple[str, ...],
    as_json: bool,
) -> None:
    """Optimize pictures: files, and whole folders with everything below them."""
    try:
        parsed = parse(text)
    except OptionsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    for warning in parsed.warnings:
        click.echo(f"warning: {warning}", err=True)
    files = list(find_pictures(paths))
    if not files:
        click.echo("no pictures found", err=True)
        sys.exit(1)
    target = Target(options=parsed.options, accepts=accept, folder=None if in_place else output)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcomes = runner.run(_run(load_settings(), files, target, as_json=as_json))
    if as_json:
        for outcome in outcomes:
            click.echo(json.dumps(outcome.as_json()))
    else:
        print_table(outcomes)
    sys.exit(any(outcome.error for outcome in outcomes))


async def _run(
    settings: Settings, files: Sequence[SourceFile], target: Target, *, as_json: bool
) -> list[Outcome]:
    async with LocalRun(settings) as run:
        with progress(len(files), is_shown=not as_json) as advance:
            tasks = [asyncio.create_task(run.optimize(file, target)) for file in files]
            for task in asyncio.as_completed(tasks):
                await task
                advance()
        return [task.result() for task in tasks]

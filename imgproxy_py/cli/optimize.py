"""`imgproxy-py optimize`: files, folders and URLs through the same engine as the server."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import click
import uvloop

from imgproxy_py.cli.files import Picture, find_pictures, replace_file
from imgproxy_py.cli.finish import Target
from imgproxy_py.cli.gate import Gate, gate_options
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.cli.local import LocalRun
from imgproxy_py.cli.originals import Originals, replaces
from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.report.page import report_page
from imgproxy_py.cli.table import print_table, progress
from imgproxy_py.engine.job import Tier
from imgproxy_py.settings import Settings
from options_grammar import Format, OptionsError, Parsed, canonical, parse


@click.command(short_help="Optimize files, URLs and whole folders.")
@click.argument("sources", nargs=-1, required=True)
@click.option("--options", "text", default="full", help="As in a URL: 800x600,quality=high …")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("optimized"),
    show_default=True,
    help="The folder for the results.",
)
@click.option("--in-place", is_flag=True, help="Replace files, keeping formats, where it saves.")
@click.option(
    "--accept",
    multiple=True,
    type=click.Choice(["avif", "webp"]),
    help="A format to consider beside JPEG, PNG and GIF; may be given twice.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file, on standard output.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Write a page that shows every picture before and after.",
)
@click.option("--quick", is_flag=True, help="Search as little as the server does while one waits.")
@gate_options
def optimize(
    sources: tuple[str, ...],
    text: str,
    output: Path,
    in_place: bool,
    accept: tuple[str, ...],
    as_json: bool,
    report: Path | None,
    quick: bool,
    max_bytes: int | None,
    fail_over: float | None,
    fail_under: float | None,
) -> None:
    """Optimize pictures: files, URLs, and whole folders with everything below them.

    Exits with 1 when a picture could not be optimized or a limit was passed, with 2 when the
    command line itself is wrong.
    """
    options = _parsed(text).options
    if in_place and options.format is not Format.AUTO:
        raise click.UsageError("--in-place keeps each file's format; leave format= away")
    folder = None if in_place else output
    pictures = _found(sources, folder)
    target = Target(
        options=options,
        originals=_spared(pictures, folder, options.format, report),
        accepts=accept,
        folder=folder,
        tier=Tier.LIVE if quick else Tier.SETTLED,
    )
    outcomes = _made(pictures, target, report, as_json=as_json)
    _tell(outcomes, as_json=as_json)
    _let_pass(
        Gate(max_bytes=max_bytes, fail_over_percent=fail_over, fail_under_score=fail_under),
        outcomes,
    )


def _let_pass(gate: Gate, outcomes: Sequence[Outcome]) -> NoReturn:
    """Name what the gate holds back, and end the command."""
    complaints = [(one.name, told) for one in outcomes if (told := gate.complaint(one))]
    for name, told in complaints:
        click.echo(f"{name}: {told}", err=True)
    sys.exit(bool(complaints))


def _spared(
    pictures: Sequence[Picture], folder: Path | None, asked: Format, report: Path | None
) -> Originals:
    """The sources, none of which a result or the report may replace."""
    originals = Originals.of(pictures)
    if folder and (lost := originals.first_replaced(pictures, folder, asked)):
        raise click.UsageError(replaces(lost))
    if report is not None and originals.holds(report):
        raise click.UsageError(f"the report would replace the source {report}")
    return originals


def _made(
    pictures: Sequence[Picture], target: Target, report: Path | None, *, as_json: bool
) -> list[Outcome]:
    """All pictures, and the report while the sources can still be read."""
    with ExitStack() as ending, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if report is not None:
            copies = ending.enter_context(TemporaryDirectory(prefix="imgproxy-py-"))
            target = replace(target, copies=Path(copies))
        outcomes = runner.run(_run(load_settings(), pictures, target, as_json=as_json))
        if report is not None:
            page = report_page(outcomes, folder=report.parent, options=canonical(target.options))
            replace_file(report, page.encode())
    return outcomes


def _parsed(text: str) -> Parsed:
    try:
        parsed = parse(text)
    except OptionsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    for warning in parsed.warnings:
        click.echo(f"warning: {warning}", err=True)
    return parsed


def _found(sources: Sequence[str], folder: Path | None) -> list[Picture]:
    try:
        pictures = find_pictures(sources, output=folder)
    except FileNotFoundError as error:
        raise click.UsageError(f"there is no file or folder {error}") from error
    if not pictures:
        click.echo("no pictures found", err=True)
        sys.exit(1)
    if folder is None and any(picture.is_url for picture in pictures):
        raise click.UsageError("--in-place replaces files; a URL cannot be replaced")
    return pictures


def _tell(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    if not as_json:
        return print_table(outcomes)
    for outcome in outcomes:
        click.echo(json.dumps(outcome.as_json()))


async def _run(
    settings: Settings, pictures: Sequence[Picture], target: Target, *, as_json: bool
) -> list[Outcome]:
    async with LocalRun(settings) as run:
        with progress(len(pictures), is_shown=not as_json) as advance:
            tasks = [asyncio.create_task(run.optimize(picture, target)) for picture in pictures]
            for task in asyncio.as_completed(tasks):
                await task
                advance()
        return [task.result() for task in tasks]

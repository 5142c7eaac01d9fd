"""What the command line shows: progress while it works, a table of savings at the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from imgproxy_py.cli.outcome import Outcome


@contextmanager
def progress(total: int, *, is_shown: bool) -> Iterator[Callable[[], None]]:
    """A bar on standard error, gone when the work is done; the callable moves it by one."""
    columns = (
        TextColumn("optimizing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    # Where nobody watches, a bar is a line of noise in a log.
    is_hidden = not is_shown or not console.is_terminal
    with Progress(*columns, console=console, disable=is_hidden, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def print_table(outcomes: Sequence[Outcome]) -> None:
    """One row a picture, and their sum (the median of scores); then what is to be said of some."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("source", overflow="fold")
    for heading in ("before", "after", "saved", "score", "target"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("result", no_wrap=True)
    for outcome in outcomes:
        table.add_row(*_row(outcome), style="red" if outcome.error else None)
    table.add_row(*_sum(outcomes), style="bold")
    console = Console()
    console.print(table)
    for outcome in outcomes:
        for told in outcome.warnings:
            console.print(f"{outcome.name}: {told}", markup=False, highlight=False)


def _sum(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    done = [outcome for outcome in outcomes if outcome.result_bytes is not None]
    before = sum(outcome.source_bytes for outcome in done)
    after = sum(outcome.result_bytes or 0 for outcome in done)
    saved = f"{100 * (1 - after / before):.1f} %" if before else ""
    count = "1 picture" if len(done) == 1 else f"{len(done)} pictures"
    return count, decimal(before), decimal(after), saved, _median(done), "", ""


def _row(outcome: Outcome) -> tuple[str | Text, ...]:
    name = Text(outcome.name)  # brackets in a name are no markup
    if outcome.result_bytes is None:
        return name, "", "", "", "", "", "not optimized"
    saved = f"{outcome.saved_percent:.1f} %"
    before, after = decimal(outcome.source_bytes), decimal(outcome.result_bytes)
    made = f"{outcome.width}×{outcome.height} {outcome.format}"
    if outcome.result_path is None:
        made = "left as it is"
    score = "" if outcome.score is None else f"{outcome.score:.1f}"
    target = "" if outcome.target is None else f"{outcome.target:g}"
    return name, before, after, saved, score, target, made


def _median(outcomes: Sequence[Outcome]) -> str:
    scores = [outcome.score for outcome in outcomes if outcome.score is not None]
    return f"{median(scores):.1f}" if scores else ""

"""What the command line shows: progress while it works, a table of savings at the end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from imgproxy_py.cli.local import Outcome


@contextmanager
def progress(total: int, *, is_shown: bool) -> Iterator[Callable[[], None]]:
    """A bar on standard error; the callable moves it by one."""
    columns = (
        TextColumn("optimizing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not is_shown) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def print_table(outcomes: Sequence[Outcome]) -> None:
    """One row a file, and their sum."""
    table = Table(box=None, pad_edge=False)
    table.add_column("file", overflow="fold")
    for heading in ("before", "after", "saved", "result"):
        table.add_column(heading, justify="right")
    for outcome in outcomes:
        table.add_row(*_row(outcome), style="red" if outcome.error else None)
    done = [outcome for outcome in outcomes if outcome.result_bytes is not None]
    before = sum(outcome.source_bytes for outcome in done)
    after = sum(outcome.result_bytes or 0 for outcome in done)
    saved = f"{100 * (1 - after / before):.1f} %" if before else ""
    table.add_row(f"{len(done)} files", decimal(before), decimal(after), saved, "", style="bold")
    console = Console()
    console.print(table)
    for outcome in outcomes:
        for text in (*outcome.warnings, *([outcome.error] if outcome.error else [])):
            console.print(f"{outcome.path}: {text}", markup=False, highlight=False)


def _row(outcome: Outcome) -> tuple[str, ...]:
    if outcome.result_bytes is None:
        return str(outcome.path), "", "", "", "not optimized"
    saved = f"{outcome.saved_percent:.1f} %"
    size = f"{outcome.width}×{outcome.height} {outcome.format}"
    before, after = decimal(outcome.source_bytes), decimal(outcome.result_bytes)
    return str(outcome.path), before, after, saved, size

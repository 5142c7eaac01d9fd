"""What is seen of a push while it runs: bytes on their way there, pictures that are done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """Two bars; `sent` takes negative numbers when something has to be sent again.

    Where nobody watches, in CI for one, only waiting is told, a line for each reason.
    """

    bars: Progress
    sending: TaskID
    optimizing: TaskID
    told: set[str] = field(default_factory=set)

    def expect(self, *, send_bytes: int) -> None:
        self.bars.update(self.sending, total=send_bytes, visible=send_bytes > 0)

    def sent(self, size_bytes: int) -> None:
        self.bars.advance(self.sending, size_bytes)

    def waits(self, why: str) -> None:
        text = f"waiting for the server: {why}"
        self.bars.update(self.optimizing, description=text)
        if self.bars.disable and text not in self.told:
            self.told.add(text)
            click.echo(text, err=True)

    def done(self, count: int, total: int) -> None:
        self.bars.update(
            self.optimizing,
            completed=count,
            total=total,
            description=f"optimizing {count} of {total}",
        )


@contextmanager
def shown(*, is_shown: bool) -> Iterator[Show]:
    """On standard error, gone when the work is done; nothing where nobody watches."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    is_hidden = not is_shown or not console.is_terminal
    with Progress(*columns, console=console, disable=is_hidden, transient=True) as bars:
        yield Show(
            bars=bars,
            sending=bars.add_task("sending", total=None),
            optimizing=bars.add_task("optimizing", total=None),
        )

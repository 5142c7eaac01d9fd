"""Two bars on a terminal: what is sent, and what is optimized."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

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
class Bars:
    progress: Progress
    sending: TaskID
    optimizing: TaskID

    def expect(self, send_bytes: int) -> None:
        self.progress.update(self.sending, total=send_bytes, visible=send_bytes > 0)

    def sent(self, size_bytes: int) -> None:
        self.progress.advance(self.sending, size_bytes)

    def say(self, text: str) -> None:
        self.progress.update(self.optimizing, description=text)

    def done(self, count: int, total: int) -> None:
        self.progress.update(
            self.optimizing,
            completed=count,
            total=total,
            description=f"optimizing {count} of {total}",
        )


@contextmanager
def drawn() -> Iterator[Bars]:
    """While the block runs; the screen is as it was afterwards."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Bars(
            progress=progress,
            sending=progress.add_task("sending", total=None),
            optimizing=progress.add_task("optimizing", total=None),
        )

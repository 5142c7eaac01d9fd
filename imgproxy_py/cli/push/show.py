"""What is seen of a push while it runs: bytes on their way there, pictures that are done."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # loading it takes as long as optimizing two pictures, and not everybody watches
    from imgproxy_py.cli.push.bars import Bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """`sent` takes negative numbers when something has to be sent again.

    Where nobody watches, in CI for one, there are no `bars`, and only waiting is told, a line for
    each reason.
    """

    bars: "Bars | None"
    told: set[str] = field(default_factory=set)

    def expect(self, *, send_bytes: int) -> None:
        if self.bars is not None:
            self.bars.expect(send_bytes)

    def sent(self, size_bytes: int) -> None:
        if self.bars is not None:
            self.bars.sent(size_bytes)

    def waits(self, why: str) -> None:
        text = f"waiting for the server: {why}"
        if self.bars is not None:
            self.bars.say(text)
        elif text not in self.told:
            self.told.add(text)
            click.echo(text, err=True)

    def done(self, count: int, total: int) -> None:
        if self.bars is not None:
            self.bars.done(count, total)


@contextmanager
def shown(*, is_shown: bool) -> Iterator[Show]:
    """On standard error, gone when the work is done; nothing where nobody watches."""
    if not (is_shown and sys.stderr.isatty()):
        yield Show(bars=None)
        return
    from imgproxy_py.cli.push.bars import drawn

    with drawn() as bars:
        yield Show(bars=bars)

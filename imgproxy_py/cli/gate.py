"""What a CI job does not let pass."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import click

from imgproxy_py.cli.outcome import Outcome

Command = TypeVar("Command", bound=Callable[..., None])


def gate_options(command: Command) -> Command:
    """The options `max_bytes`, `fail_over` and `fail_under` of a command."""
    over = "Fail when a source could be smaller by more than this."
    under = "Fail when a result was measured and scores less."
    for option in (
        click.option("--fail-under", type=click.FloatRange(max=100), metavar="SCORE", help=under),
        click.option("--fail-over", type=click.FloatRange(min=0), metavar="PERCENT", help=over),
        click.option(
            "--max-bytes", type=click.IntRange(min=1), help="Fail when a result is larger."
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """None means that the job does not care. A picture that was not measured has every score."""

    max_bytes: int | None = None
    fail_over_percent: float | None = None
    fail_under_score: float | None = None

    def complaint(self, outcome: Outcome) -> str | None:
        """Why the job fails because of this picture, or None."""
        if outcome.error is not None or outcome.result_bytes is None:
            return outcome.error
        if self.max_bytes is not None and outcome.result_bytes > self.max_bytes:
            return f"{outcome.result_bytes} bytes; --max-bytes allows {self.max_bytes}"
        if self.fail_over_percent is not None and outcome.saved_percent > self.fail_over_percent:
            return (
                f"could be {outcome.saved_percent:.1f} % smaller; "
                f"--fail-over allows {self.fail_over_percent:g} %"
            )
        return self._low_score(outcome.score)

    def _low_score(self, score: float | None) -> str | None:
        if score is None or self.fail_under_score is None or score >= self.fail_under_score:
            return None
        return f"score {score:.1f}; --fail-under asks for {self.fail_under_score:g}"

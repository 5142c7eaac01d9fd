"""The row of one picture in the table of a report."""

from dataclasses import dataclass

from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.report.words import (
    number_text,
    percent_text,
    printable,
    score_text,
    size_text,
    stop_text,
)

COLUMNS = (
    "picture",
    "format",
    "before",
    "after",
    "saved",
    "score",
    "target",
    "quality",
    "attempts",
    "why it stopped",
)

# Columns that a narrow screen does without: the cards have them all.
NARROW_OUT = frozenset({"format", "before", "target", "quality", "attempts", "why it stopped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What a table shows, and what it sorts by; None stands at the end."""

    text: str
    key: float | str | None = None


def make_cells(outcome: Outcome) -> tuple[Cell, ...]:
    """One for each of COLUMNS."""
    proof, name = outcome.proof, printable(outcome.name)
    weights = (
        Cell(text=name, key=name.casefold()),
        Cell(text=outcome.format or "–", key=outcome.format),
        _bytes_cell(outcome.source_bytes),
        _bytes_cell(outcome.result_bytes),
        _saved_cell(outcome),
    )
    if proof is None:
        return (*weights, *[Cell(text="–")] * (len(COLUMNS) - len(weights)))
    return (
        *weights,
        Cell(text="–" if proof.score is None else score_text(proof.score), key=proof.score),
        Cell(text=number_text(proof.target), key=proof.target),
        Cell(text=number_text(proof.quality), key=proof.quality),
        Cell(text=str(proof.attempts), key=proof.attempts),
        Cell(text=stop_text(proof.stop), key=proof.stop),
    )


def _bytes_cell(count: int | None) -> Cell:
    return Cell(text="–" if count is None else size_text(count), key=count)


def _saved_cell(outcome: Outcome) -> Cell:
    if outcome.result_bytes is None:
        return Cell(text="–")
    return Cell(text=percent_text(outcome.saved_percent), key=outcome.saved_percent)

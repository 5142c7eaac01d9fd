"""One picture of a report: everything that its card and its row say, as text."""

from dataclasses import dataclass

from imgproxy_py.cli.outcome import Outcome, Proof
from imgproxy_py.cli.report.curve import Curve, draw_curve
from imgproxy_py.cli.report.pictures import Album, Shown, result_file, source_file
from imgproxy_py.cli.report.row import Cell, make_cells
from imgproxy_py.cli.report.words import (
    NOT_MEASURED,
    change_text,
    number_text,
    printable,
    score_text,
    size_text,
    stop_text,
)
from imgproxy_py.engine.result import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRow:
    """One attempt in words."""

    recipe: str
    quality: str
    size: str
    score: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`kind` is fine, warning or error: the page filters by it. `before` or `after` is None where
    there is nothing to show."""

    anchor: str
    name: str
    kind: str
    cells: tuple[Cell, ...]
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    before: Shown | None
    after: Shown | None
    caption: str
    width: int
    height: int
    curve: Curve | None
    trials: tuple[TrialRow, ...]
    receipt: str | None


def make_card(outcome: Outcome, number: int, album: Album) -> Card:
    """`number` makes the anchor; the name is only ever text."""
    is_done = outcome.error is None
    # A picture that hurt the engine is not handed to the reader's browser.
    before = album.shown(source_file(outcome)) if is_done else None
    after = album.shown(result_file(outcome)) if is_done else None
    return Card(
        anchor=f"picture-{number}",
        name=printable(outcome.name),
        kind="error" if outcome.error else "warning" if outcome.warnings else "fine",
        cells=make_cells(outcome),
        facts=_facts(outcome),
        notes=tuple(map(printable, [outcome.error] if outcome.error else outcome.warnings)),
        before=before,
        after=after,
        caption=_caption(outcome, before, after),
        width=outcome.width or 4,
        height=outcome.height or 3,
        curve=_curve(outcome),
        trials=_trial_rows(outcome.proof.trials if outcome.proof else ()),
        receipt=outcome.proof.receipt if outcome.proof else None,
    )


def _caption(outcome: Outcome, before: Shown | None, after: Shown | None) -> str:
    """What is shown where there is no comparison."""
    if outcome.result_path is None:
        return "left as it is" if before else ""
    if before is None and after is not None:
        return "after; what was before cannot be shown here"
    return ""


def _facts(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    """What stands beside the picture; nothing where there is no result."""
    proof = outcome.proof
    if outcome.result_bytes is None:
        return ()
    sizes = f"{size_text(outcome.source_bytes)} → {size_text(outcome.result_bytes)}"
    about = (
        ("size", f"{outcome.width} × {outcome.height}" if outcome.width else "–"),
        ("bytes", f"{sizes} ({change_text(outcome.saved_percent)})"),
        ("format", _formats(outcome)),
    )
    search = () if proof is None else _search(proof)
    return tuple((name, text) for name, text in (*about, *search) if text != "–")


def _search(proof: Proof) -> tuple[tuple[str, str], ...]:
    return (
        ("score", _scored(proof)),
        ("quality", number_text(proof.quality)),
        ("attempts", str(proof.attempts)),
        ("stopped", stop_text(proof.stop) + _unfinished(proof)),
    )


def _formats(outcome: Outcome) -> str:
    if outcome.source_format in (None, outcome.format):
        return outcome.format or "–"
    return f"{outcome.source_format} → {outcome.format}"


def _scored(proof: Proof) -> str:
    if proof.score is None:
        return NOT_MEASURED
    target = "" if proof.target is None else f", target {proof.target:g}"
    return f"{score_text(proof.score)}{target}"


def _unfinished(proof: Proof) -> str:
    """More work would still make it smaller."""
    return "" if proof.is_settled and not proof.is_provisional else "; not settled yet"


def _curve(outcome: Outcome) -> Curve | None:
    proof = outcome.proof
    if proof is None or outcome.result_bytes is None:
        return None
    return draw_curve(
        proof.trials, target=proof.target, result_bytes=outcome.result_bytes, score=proof.score
    )


def _trial_rows(trials: tuple[Trial, ...]) -> tuple[TrialRow, ...]:
    return tuple(
        TrialRow(
            recipe=trial.recipe,
            quality=number_text(trial.quality),
            size=size_text(trial.bytes),
            score="–" if trial.score is None else f"{trial.score:.1f}",
        )
        for trial in trials
    )

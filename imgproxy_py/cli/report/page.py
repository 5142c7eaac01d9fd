"""The report: one HTML page that needs no server, no network and no other file of ours."""

import base64
import hashlib
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import jinja2

from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.report import curve
from imgproxy_py.cli.report.card import make_card
from imgproxy_py.cli.report.pictures import MAX_INLINE_BYTES, Album
from imgproxy_py.cli.report.row import COLUMNS, NARROW_OUT
from imgproxy_py.cli.report.words import NOT_MEASURED, percent_text, saved_text, size_text
from imgproxy_py.version import VERSION

_PACKAGE = "imgproxy_py.cli.report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums at the top of the page."""

    before_bytes: int
    after_bytes: int
    done: int
    warned: int
    failed: int
    median_score: float | None
    measured: int

    @property
    def saved_percent(self) -> float:
        return 100 * (1 - self.after_bytes / self.before_bytes) if self.before_bytes else 0.0


def totals(outcomes: Sequence[Outcome]) -> Totals:
    """Bytes count only where there is a result to compare."""
    done = [outcome for outcome in outcomes if outcome.result_bytes is not None]
    scores = [outcome.score for outcome in done if outcome.score is not None]
    return Totals(
        before_bytes=sum(outcome.source_bytes for outcome in done),
        after_bytes=sum(outcome.result_bytes or 0 for outcome in done),
        done=len(done),
        warned=sum(bool(outcome.warnings) and not outcome.error for outcome in outcomes),
        failed=sum(outcome.error is not None for outcome in outcomes),
        median_score=statistics.median(scores) if scores else None,
        measured=len(scores),
    )


def report_page(
    outcomes: Sequence[Outcome],
    *,
    folder: Path,
    options: str,
    max_inline_bytes: int = MAX_INLINE_BYTES,
) -> str:
    """The page as it will lie in `folder`, where its links start. `options` are told as text."""
    album = Album(folder=folder, max_inline_bytes=max_inline_bytes)
    album.survey(outcomes)
    cards = [make_card(outcome, number, album) for number, outcome in enumerate(outcomes, start=1)]
    script = _text("report.js")
    template = _environment().get_template("report.html")
    return template.render(
        version=VERSION,
        options=options,
        totals=totals(outcomes),
        cards=cards,
        columns=COLUMNS,
        narrow_out=NARROW_OUT,
        is_inline=album.is_inline,
        drawing=curve,
        not_measured=NOT_MEASURED,
        style=_text("report.css"),
        script=script,
        script_hash=_csp_hash(script),
    )


def _csp_hash(script: str) -> str:
    """The page runs this script and no other (CSP 3, section 2.3.1): names of files are hostile."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _text(name: str) -> str:
    return files(_PACKAGE).joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("imgproxy_py.cli", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["size"] = size_text
    environment.filters["saved"] = saved_text
    environment.filters["percent"] = percent_text
    return environment

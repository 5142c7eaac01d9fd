"""What came of one picture of a command line, and whether a CI job may accept it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`error` is set when the picture was left alone because of a fault. `result_path` is None
    when a file stays as it is."""

    name: str
    source_bytes: int
    result_bytes: int | None = None
    result_path: Path | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None

    @property
    def saved_percent(self) -> float:
        if not self.result_bytes or not self.source_bytes:
            return 0.0
        return 100.0 * (1 - self.result_bytes / self.source_bytes)

    def as_json(self) -> dict[str, object]:
        return {
            "source": self.name,
            "result_path": None if self.result_path is None else str(self.result_path),
            "source_bytes": self.source_bytes,
            "result_bytes": self.result_bytes,
            "saved_percent": round(self.saved_percent, 1),
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "warnings": list(self.warnings),
            "error": self.error,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a CI job does not let pass; None means that it does not care."""

    max_bytes: int | None = None
    fail_over_percent: float | None = None

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
        return None

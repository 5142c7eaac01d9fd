"""What came of one picture of a command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.result import Optimized, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Why the result is as it is, and the `receipt` that `imgproxy-py verify` checks.

    `score` is None where it was not measured; the other fields are those of `Optimized`.
    """

    receipt: str
    source_sha256: str
    result_sha256: str
    score: float | None = None
    target: float | None = None
    quality: int | None = None
    attempts: int = 1
    trials: tuple[Trial, ...] = ()
    stop: str = "target"
    is_provisional: bool = False
    is_settled: bool = True

    @classmethod
    def of(cls, result: Optimized, receipt: Receipt) -> Self:
        return cls(
            receipt=receipt.as_header(),
            source_sha256=receipt.source_sha256,
            result_sha256=receipt.result_sha256,
            score=result.score,
            target=None if result.target is None else round(result.target, 2),
            quality=result.quality,
            attempts=result.attempts,
            trials=result.trials,
            stop=result.stop,
            is_provisional=result.is_provisional,
            is_settled=result.is_settled,
        )

    def as_json(self) -> dict[str, object]:
        """Names as in a receipt, and its text."""
        return {
            "score": None if self.score is None else round(self.score, 2),
            "target": self.target,
            "quality": self.quality,
            "attempts": self.attempts,
            "stop": self.stop,
            "provisional": self.is_provisional,
            "settled": self.is_settled,
            "source_sha256": self.source_sha256,
            "result_sha256": self.result_sha256,
            "receipt": self.receipt,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`error` is set when the picture was left alone because of a fault. `result_path` is None
    when a file stays as it is.

    `source_path` is where the source's bytes can still be read; `is_copy` when that is no file of
    the user's. `proof` is None where the engine made nothing.
    """

    name: str
    source_bytes: int
    source_path: Path | None = None
    source_format: str | None = None
    is_copy: bool = False
    result_bytes: int | None = None
    result_path: Path | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    proof: Proof | None = None
    warnings: tuple[str, ...] = ()
    error: str | None = None

    @property
    def saved_percent(self) -> float:
        if not self.result_bytes or not self.source_bytes:
            return 0.0
        return 100.0 * (1 - self.result_bytes / self.source_bytes)

    @property
    def score(self) -> float | None:
        return None if self.proof is None else self.proof.score

    @property
    def target(self) -> float | None:
        return None if self.proof is None else self.proof.target

    def as_json(self) -> dict[str, object]:
        """The keys of a proof are missing where there is none."""
        told: dict[str, object] = {
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
        return told | ({} if self.proof is None else self.proof.as_json())

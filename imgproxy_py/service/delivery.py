"""What an order came to: where the result is, and the figures that every client is told."""

from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.engine.receipt import saved_percent
from imgproxy_py.moments import utc_text
from imgproxy_py.service.receipt_figures import figures_of
from imgproxy_py.store.records import ResultRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A stored result of one account. `path` is where it is, below the server's public URL.

    `is_cached`: the same account asked for the same before, so it cost no quota. `expires_at` is
    None for a result in the account's library. `sha256` names its bytes, and `crc32` is theirs too,
    for a ZIP.
    """

    path: str
    source_bytes: int
    result_bytes: int
    format: str
    media_type: str
    width: int
    height: int
    is_cached: bool
    score: float | None = None
    metric: str | None = None
    quality: int | None = None
    warnings: tuple[str, ...] = ()
    expires_at: datetime | None = None
    receipt: str = ""
    sha256: str = ""
    crc32: int = 0

    @classmethod
    def of(
        cls, record: ResultRecord, *, is_cached: bool, warnings: tuple[str, ...] = ()
    ) -> "Delivery":
        """A result of the account's own; `warnings` are those of the order."""
        figures = figures_of(record.receipt_text)
        return cls(
            path=f"/results/{record.result_id}",
            source_bytes=record.source_bytes,
            result_bytes=record.bytes,
            format=figures.format.value,
            media_type=record.media_type,
            width=record.width,
            height=record.height,
            is_cached=is_cached,
            score=figures.score,
            metric=figures.metric,
            quality=figures.quality,
            warnings=warnings + record.warnings,
            expires_at=record.expires_at,
            receipt=record.receipt_text,
            sha256=record.sha256,
            crc32=record.crc32,
        )

    @property
    def saved_bytes(self) -> int:
        """Negative only where the size or the format that was asked for forces it."""
        return self.source_bytes - self.result_bytes

    @property
    def percent(self) -> float:
        """Of the source's bytes, 0 to 100 with one decimal, never negative."""
        return max(0.0, saved_percent(self.source_bytes, self.result_bytes))

    def as_json(self, *, public_url: str, request_id: str | None = None) -> dict[str, object]:
        """The nine keys of the API, in their order, then ours."""
        of_request = {} if request_id is None else {"request_id": request_id}
        return {
            "optimized_url": public_url + self.path,
            "original_size": self.source_bytes,
            "optimized_size": self.result_bytes,
            "saved_bytes": self.saved_bytes,
            "percent": self.percent,
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "cached": self.is_cached,
            "score": self.score,
            "metric": self.metric,
            "quality": self.quality,
            "warnings": list(self.warnings),
            "expires_at": utc_text(self.expires_at),
            **of_request,
            "receipt": self.receipt,
        }

"""What a client says it takes: image formats, and the shape of an error (RFC 9110, 12.5.1)."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from imgproxy_py.engine.formats import ImageFormat

# Only a format named by itself is opened: `*/*` and `image/*` say nothing about what a saved
# file will be opened with.
_OPENED = {"image/avif": ImageFormat.AVIF, "image/webp": ImageFormat.WEBP}


_JSON = frozenset({"application/json", "application/problem+json"})


class ErrorShape(StrEnum):
    TEXT = "text/plain; charset=utf-8"
    IM2_JSON = "application/im2+json"
    HTML = "text/html; charset=utf-8"
    PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class MediaRange:
    name: str
    weight: float


@lru_cache(maxsize=512)
def accepted_formats(accept: str) -> frozenset[ImageFormat]:
    """The formats that this `Accept` opens beyond those every client shows; q=0 closes one."""
    return frozenset(
        _OPENED[entry.name]
        for entry in media_ranges(accept)
        if entry.name in _OPENED and entry.weight > 0
    )


@lru_cache(maxsize=512)
def error_shape(accept: str) -> ErrorShape:
    """im2+json whenever it is named (PHP reads no other), HTML for browsers, problem details where
    JSON is named, else plain text."""
    names = {entry.name for entry in media_ranges(accept) if entry.weight > 0}
    if "application/im2+json" in names:
        return ErrorShape.IM2_JSON
    if "text/html" in names:
        return ErrorShape.HTML
    if names & _JSON:
        return ErrorShape.PROBLEM_JSON
    return ErrorShape.TEXT


def media_ranges(accept: str) -> list[MediaRange]:
    """The entries of an `Accept` header; what cannot be read is passed over."""
    ranges = []
    for part in accept.split(",")[:64]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            ranges.append(MediaRange(name, _weight(parameters)))
    return ranges


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0

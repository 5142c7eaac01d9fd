"""What a search looks for, what is known before it begins, and what it finds."""

from dataclasses import dataclass
from enum import StrEnum

# Encodings of one search, cheap ones included.
MAX_ATTEMPTS = 4


class Verdict(StrEnum):
    """Why a search ended."""

    TARGET = "target"  # the candidate reaches the target
    UNREACHABLE = "unreachable"  # not even the highest quality reaches it
    LIMIT = "limit"  # no attempt reached it, and there was none left
    OUTBID = "outbid"  # nothing smaller than `limit_bytes` can reach it


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What to find: a score in `target` .. `target + tolerance`.

    `margin` is how far inside that window an attempt is aimed, in points. `counts_probes`: what
    looking ahead cost is taken from the attempts. `is_patient`: what is in the window is not enough
    while attempts are left and a kink may hide something smaller.
    """

    target: float
    tolerance: float = 2.0
    margin: float = 0.7
    lowest: int = 1
    highest: int = 100
    max_attempts: int = MAX_ATTEMPTS
    counts_probes: bool = True
    is_patient: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What experience says: the quality that usually reaches the target, the quality steps for one
    point of score there, and the share of the bytes that one point costs."""

    start: int
    slope: float = 1.6
    bytes_per_point: float = 0.025


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One encoded attempt; with `attempts`, the outcome of a whole search."""

    data: bytes
    quality: int
    score: float
    attempts: int = 1
    verdict: Verdict = Verdict.LIMIT


@dataclass(frozen=True, slots=True)
class Point:
    """Where a curve passes through; of a probe, shifted to what the real encoder would score."""

    quality: int
    score: float

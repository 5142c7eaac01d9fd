"""What our own cache did for one answer, in the words of RFC 9211 (`Cache-Status`)."""

from dataclasses import dataclass
from enum import StrEnum


class Forward(StrEnum):
    """Why a request went beyond what is stored (RFC 9211, section 2.2)."""

    MISS = "miss"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUse:
    """`forward` is None for a hit. `origin_status` is what the origin answered, where it was asked
    although something was stored. `is_collapsed`: somebody else's work at the same time gave it."""

    forward: Forward | None = None
    origin_status: int | None = None
    is_collapsed: bool = False

    @property
    def is_hit(self) -> bool:
        return self.forward is None


HIT = CacheUse()
MISS = CacheUse(forward=Forward.MISS)

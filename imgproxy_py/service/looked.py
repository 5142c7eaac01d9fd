"""What a request found when it looked, and for how long there is no use in looking again."""

import time
from dataclasses import dataclass, field

from imgproxy_py.service.response import ImageAnswer

# Looking again so soon would find the same: what another process stores within this time is made
# twice at worst.
LOOKED_SECONDS = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """`answer` is the stored result of a source that may be used unasked. `found_nothing`: not even
    the source was known. `at` is a moment of `time.monotonic`."""

    answer: ImageAnswer | None = None
    found_nothing: bool = False
    at: float = field(default_factory=time.monotonic)

    @property
    def was_just_now(self) -> bool:
        return time.monotonic() - self.at < LOOKED_SECONDS

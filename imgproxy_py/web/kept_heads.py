"""Header fields of stored results as they were last sent: a popular one's change once a second.

What counts down (`Cache-Control`, `Cache-Status`) counts whole seconds since the source was born,
so within one of them every answer says exactly the same.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from imgproxy_py.service.cache_use import HIT
from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.store.records import ResultRecord
from imgproxy_py.web.cache_headers import Headers

# About 3 KB each.
MAX_HEADS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`lines` are the fields of 304 as they are written, each ended by CRLF, and `typed_lines`
    those of 200, which has a `Content-Type` too."""

    headers: Headers
    lines: bytes
    typed_lines: bytes


@dataclass(slots=True, kw_only=True)
class _Kept:
    """`record` is held so that nothing else has its `id`; `second` is that of the head."""

    record: ResultRecord
    second: int
    head: Head


class KeptHeads:
    """The least recently used goes first."""

    def __init__(self, max_heads: int = MAX_HEADS) -> None:
        self._max_heads = max_heads
        self._heads: OrderedDict[object, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._heads)

    def of(
        self, answer: ImageAnswer, *others: object, now: float, make: Callable[[], Head]
    ) -> Head:
        """The head of `answer` at `now` (Unix seconds), made where it is not known. `others` is
        what the head depends on besides."""
        if answer.cache is not HIT or answer.is_made or not answer.is_stored or answer.timings_ms:
            return make()
        record, freshness = answer.record, answer.freshness
        key = (id(record), freshness, answer.awaits_better, answer.warnings, *others)
        second = math.floor(now - freshness.born_at)
        kept = self._heads.get(key)
        if kept is None:
            kept = self._heads[key] = _Kept(record=record, second=second, head=make())
            if len(self._heads) > self._max_heads:
                self._heads.popitem(last=False)
            return kept.head
        if kept.second != second:
            kept.second, kept.head = second, make()
        self._heads.move_to_end(key)
        return kept.head

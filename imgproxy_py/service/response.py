"""What the service answers: values that know nothing of HTTP's statuses."""

from dataclasses import dataclass, field

from imgproxy_py.engine.result import Meta
from imgproxy_py.service.cache_use import MISS, CacheUse
from imgproxy_py.store.freshness import Freshness
from imgproxy_py.store.records import ResultRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageAnswer:
    """A result. `is_stored` says that `/results/{id}` answers it too.

    `cache` is what our own cache did for it; `is_made`: the engine worked for it, now and for this
    request.
    `is_fed_back`: the source is its own result, and was so before it came: nothing is charged.
    `awaits_better`: other bytes are being made, or will be, that take the place of these.
    `timings_ms` holds wall times by stage: fetch, decode, search, encode.
    """

    record: ResultRecord
    data: memoryview
    freshness: Freshness
    is_stored: bool
    cache: CacheUse = MISS
    is_made: bool = True
    is_fed_back: bool = False
    awaits_better: bool = False
    warnings: tuple[str, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)

    @property
    def costs_an_image(self) -> bool:
        """Whether it is an image of the quota: not one that was stored, nor a result of ours that
        was fed back."""
        return self.is_made and not self.is_fed_back


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaAnswer:
    """Facts of the source, for `meta`."""

    meta: Meta
    freshness: Freshness
    warnings: tuple[str, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAnswer:
    """Time ran out with nothing better than the source: where it is, or the upload's own bytes."""

    source_url: str | None
    data: bytes = b""
    media_type: str = ""
    warnings: tuple[str, ...] = ()


Answer = ImageAnswer | MetaAnswer | SourceAnswer

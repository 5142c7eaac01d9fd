"""One result that is to be made anew, and whether what came out is better."""

from dataclasses import dataclass, field, replace

from imgproxy_py.engine.job import Job, Tier
from imgproxy_py.engine.result import Optimized
from imgproxy_py.service.kept_source import KeptSource
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.result_record import result_record
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.key import Key
from imgproxy_py.store.records import ResultRecord
from imgproxy_py.telemetry.logs import request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """`first` is what was answered, without its bytes; `record` is how it was stored.

    `request_id` is that of the request which brought it, for the log. Whoever takes it closes it.
    """

    keys: Keys
    job: Job
    source: KeptSource
    first: Optimized
    record: ResultRecord
    request_id: str = field(default_factory=request_id.get)

    @classmethod
    def of(
        cls, *, keys: Keys, job: Job, spool: Spool, first: Optimized, record: ResultRecord
    ) -> "Refinement":
        """Keeps the complete source in `spool` alive; OSError when that cannot be had."""
        return cls(
            keys=keys,
            job=replace(job, tier=Tier.SETTLED),
            source=KeptSource.of(spool),
            first=replace(first, data=b""),
            record=record,
        )

    @property
    def key(self) -> Key:
        return self.keys.result(self.record.source_sha256)

    def record_of(self, made: Optimized) -> ResultRecord:
        """That of what was made anew, under the id of the first result."""
        first = self.record
        assert first.freshness is not None
        return result_record(
            made,
            options=self.job.options,
            id_of_result=first.result_id,
            source_sha256=first.source_sha256,
            source_bytes=self.source.bytes_written,
            filename=first.filename,
            freshness=first.freshness,
            source_digest=first.source_digest,
            tags=first.tags,
        )

    def close(self) -> None:
        self.source.close()


def is_refinable(outcome: Optimized) -> bool:
    """Whether more work may give a better result."""
    return outcome.is_provisional or not outcome.is_settled


def is_improvement(made: Optimized, *, first: Optimized, first_bytes: int) -> bool:
    """Whether `made` may take the place of `first`: never for a worse picture, and for a larger
    file only where the first was unfinished or missed its target.

    Above the target more score is no gain: giving it up is what makes files smaller.
    """
    earned, had = _counted_score(made), _counted_score(first)
    if earned is not None and had is not None and earned < had:
        return False
    if len(made.data) < first_bytes:
        return True
    if first.is_provisional:
        return not made.is_provisional
    return earned is not None and had is not None and earned > had


def _counted_score(result: Optimized) -> float | None:
    if result.score is None or result.target is None:
        return result.score
    return min(result.score, result.target)

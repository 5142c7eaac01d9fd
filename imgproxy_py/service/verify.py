"""The story of a verification: a source, a result and a receipt come in; what holds comes out.

    read the claims → put both pictures into one file → measure in the engine → compare

The pictures are read by a child of the engine like those of any job: a result that somebody sends
in is as little to be trusted as a source.
"""

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from imgproxy_py.engine.job import Job, Limits
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.result import Verified
from imgproxy_py.service.claims import Check, Findings, checks, options_of
from imgproxy_py.sources.spool import Spool
from imgproxy_py.workers.errors import Overloaded

# Each verification holds two pictures on disk and up to a child: others wait their turn elsewhere.
MAX_AT_ONCE = 4
VERIFY_SECONDS = 30.0
_COPIED_BYTES = 1 << 20


class Engine(Protocol):
    """Whatever measures pictures away from the event loop."""

    async def verify(self, job: Job, spool: Spool, *, deadline: float) -> Verified: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """`is_valid`: no claim was found to be false. What could not be checked is marked so."""

    checks: tuple[Check, ...]

    @property
    def is_valid(self) -> bool:
        return all(check.holds is not False for check in self.checks)

    def as_json(self) -> dict[str, object]:
        return {"valid": self.is_valid, "checks": [check.as_json() for check in self.checks]}


class Turns:
    """At most `max_at_once` verifications; nobody waits, since who waits holds two pictures."""

    def __init__(self, *, max_at_once: int = MAX_AT_ONCE) -> None:
        self._free = max_at_once

    def __enter__(self) -> None:
        if self._free == 0:
            raise Overloaded(retry_after_seconds=1)
        self._free -= 1

    def __exit__(self, *_: object) -> None:
        self._free += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """`spool_directory` takes the file in which a source and its result lie together."""

    engine: Engine
    limits: Limits
    spool_directory: Path

    async def verify(
        self, source: Spool, result: Spool, receipt: Receipt, *, deadline: float
    ) -> Verification:
        """Both pictures must be complete; `deadline` is a moment of `time.monotonic`.

        Raises BadReceipt for options that nobody could have asked for, what is wrong with the
        source, `Overloaded` and `DeadlineReached`.
        """
        job = Job(options=options_of(receipt), limits=self.limits, verify_from=source.bytes_written)
        with await asyncio.to_thread(_joined, source, result, self.spool_directory) as pair:
            deadline = min(deadline, time.monotonic() + VERIFY_SECONDS)
            verified = await self.engine.verify(job, pair, deadline=deadline)
        findings = Findings(
            source_bytes=source.bytes_written,
            source_sha256=source.sha256,
            result_bytes=result.bytes_written,
            result_sha256=result.sha256,
            verified=verified,
        )
        return Verification(checks=checks(receipt, findings))


def _joined(source: Spool, result: Spool, directory: Path) -> Spool:
    """One file with both, for one descriptor goes to a child."""
    total = source.bytes_written + result.bytes_written
    pair = Spool(directory, max_source_bytes=total, expected_bytes=total)
    try:
        for part in (source, result):
            for at in range(0, part.bytes_written, _COPIED_BYTES):
                pair.write(os.pread(part.fileno(), _COPIED_BYTES, at))
        pair.finish()
    except BaseException:
        pair.close()
        raise
    return pair

"""What a runner has in hand: jobs that it claimed, and how far each of them is.

claimed → begun → ending → gone
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """`at_work` jobs are worked on at the same time; `ahead` more are claimed once most of those
    that were are in work, so that a claim is for several. `ending` may wait to be written."""

    at_work: int
    ahead: int
    ending: int = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class InHand:
    """Tasks by the ids of their jobs; each is in one of the later sets too, once it is so far."""

    bounds: Bounds
    tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    ending: set[str] = field(default_factory=set)

    @property
    def room(self) -> int:
        """How many jobs to claim now: several or none."""
        unended = len(self.tasks) - len(self.ending)
        is_worth_it = unended <= self.bounds.at_work + self.bounds.ahead // 4
        if not is_worth_it or len(self.ending) >= self.bounds.ending:
            return 0
        return self.bounds.at_work + self.bounds.ahead - unended

    @property
    def has_unended(self) -> bool:
        """Whether others are still worked on, and will end too."""
        return self.begun > self.ending

    @property
    def not_begun(self) -> Collection[str]:
        return self.tasks.keys() - self.begun

    def forget(self, job_id: str) -> None:
        self.tasks.pop(job_id, None)
        self.begun.discard(job_id)
        self.ending.discard(job_id)

    async def cancel(self, ids: Collection[str]) -> None:
        """Return when none of these is worked on any more."""
        tasks = [self.tasks[job_id] for job_id in ids]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)

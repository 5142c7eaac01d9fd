"""Small uploads of one request lie in one blob, one behind the other: a pack.

    uploads/{batch}-{first number}-{last number}-{nonce}

A file system has more work with making and removing a small file than with its bytes, and so has a
bucket. The name says whose bytes a pack holds: jobs of that batch with numbers in that range. Once
all of those have ended nobody needs it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self
from uuid import uuid4

from imgproxy_py.jobs.job import Job

_NAME = re.compile(r"([0-9a-f]{32})-([0-9]+)-([0-9]+)-[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """`name` is that of its blob. The same request, sent again, makes another one: rows that an
    earlier run wrote name what that run stored."""

    name: str
    batch_id: str
    first_number: int
    last_number: int

    @classmethod
    def of(cls, jobs: Sequence[Job]) -> Self:
        """A new one for jobs of one batch, in the order of their numbers."""
        batch_id, first, last = jobs[0].batch_id, jobs[0].number, jobs[-1].number
        assert batch_id is not None
        return cls(
            name=f"{batch_id}-{first}-{last}-{uuid4().hex}",
            batch_id=batch_id,
            first_number=first,
            last_number=last,
        )

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The pack of this name; None for the upload of a single job, which has that job's id."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        return cls(
            name=name,
            batch_id=found[1],
            first_number=int(found[2]),
            last_number=int(found[3]),
        )


def in_pack(jobs: Sequence[Job]) -> list[Job]:
    """The same jobs, with their places in a pack of their own."""
    pack, offset = Pack.of(jobs), 0
    placed = []
    for job in jobs:
        order = replace(job.order, upload_pack=pack.name, upload_offset=offset)
        placed.append(replace(job, order=order))
        offset += job.order.upload_bytes
    return placed


def upload_name(job: Job) -> str:
    """Under which name the upload of a job lies."""
    return job.order.upload_pack or job.id

"""Jobs as their workers see them: claimed, held, ended.

A claimed row names its owner until `lease_until`. Every later change asks for that owner and that
attempt: a worker that lost its lease changes nothing. All changes of one call are one transaction,
because the transactions, and not the rows, are what costs.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from imgproxy_py.accounts import quota_rows
from imgproxy_py.accounts.quota import month_of
from imgproxy_py.database.database import Database
from imgproxy_py.jobs import lease_statements as statements
from imgproxy_py.jobs.ending import MAX_ATTEMPTS, WORKER_LOST, WORKER_LOST_FOR_GOOD, Ending
from imgproxy_py.jobs.job import Job
from imgproxy_py.jobs.repository import utc_now
from imgproxy_py.jobs.rows import job_of, result_text
from imgproxy_py.jobs.states import FINISHED

# A worker that says nothing for so long is taken for dead.
LEASE = timedelta(seconds=30)
# How long accounts that begin to wait have to wait for their first turn, at most.
TURNS_KEPT = timedelta(seconds=1)
MAX_TURNS = 1000


class Leases:
    """The jobs of one worker, which is `owner`: 32 characters that no other has ever had."""

    def __init__(
        self,
        database: Database,
        *,
        owner: str,
        lease: timedelta = LEASE,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.lease = lease
        self._database = database
        self._owner = owner
        self._now = now
        self._turns: list[str] = []
        self._turns_at = now()

    async def claim(self, limit: int) -> list[Job]:
        """Take up to `limit` jobs that are due: accounts take turns, each with its oldest first."""
        if not self._turns or self._now() - self._turns_at >= TURNS_KEPT:
            self._turns, self._turns_at = await self._waiting_accounts(), self._now()
        turns, later = self._turns[:limit], self._turns[limit:]
        if not turns:
            return []
        async with self._database.begin() as session:
            taken = await self._claim_in_turns(session, turns, limit)
        self._turns = later + turns if len(taken) == limit else []
        return taken

    async def renew(self, ids: Collection[str]) -> set[str]:
        """Hold these for another lease; gives back those that are still ours."""
        until = self._now() + self.lease
        async with self._database.begin() as session:
            kept = await session.execute(statements.RENEW, self._mine(ids) | {"until": until})
            return set(kept.scalars())

    async def finish(self, endings: Sequence[Ending]) -> set[str]:
        """Write what became of these; gives back the ids that were still ours, and so hold.

        Their images of the quota are counted or given back in the same transaction; of those that
        were cancelled meanwhile too, where the image was made already.
        """
        now = self._now()
        async with self._database.begin() as session:
            held = await self._held(session, [ending.job.id for ending in endings])
            valid = [each for each in endings if held.get(each.job.id) == each.job.attempt]
            if valid:
                await session.execute(statements.FINISH, [_finished(each, now) for each in valid])
            ended = [each for each in valid if each.state in FINISHED]
            spent = {each.job.id: each.job.account_id for each in ended if each.is_spent}
            # Plans without a limit reserve nothing, and count all the same.
            await quota_rows.count(session, spent, month=month_of(now))
            await quota_rows.release(session, [each.job.id for each in ended if not each.is_spent])
            lost = [each.job.id for each in endings if each.is_spent and each.job.id not in held]
            if lost:
                await quota_rows.spend(session, await _cancelled(session, lost))
        return {each.job.id for each in valid}

    async def give_back(self, ids: Collection[str], *, were_begun: bool) -> None:
        """Back into the queue, as if they had never been claimed: this worker stops."""
        statement = statements.GIVE_BACK_BEGUN if were_begun else statements.GIVE_BACK
        async with self._database.begin() as session:
            await session.execute(statement, self._mine(ids))

    async def _waiting_accounts(self) -> list[str]:
        """Accounts with jobs in the queue; the first is not the one that was first before."""
        async with self._database.session() as session:
            found = list((await session.execute(statements.WAITING)).scalars())
        if self._turns and self._turns[0] in found:
            start = found.index(self._turns[0])
            found = found[start:] + found[:start]
        return found[:MAX_TURNS]

    async def _claim_in_turns(
        self, session: AsyncSession, turns: Sequence[str], limit: int
    ) -> list[Job]:
        """What one account leaves of its share goes to the others."""
        taken: list[Job] = []
        while turns and len(taken) < limit:
            have_more = []
            for index, account_id in enumerate(turns):
                share = -(-(limit - len(taken)) // (len(turns) - index))
                found = await self._claim_of(session, account_id, share)
                taken += found
                if len(found) == share:
                    have_more.append(account_id)
            turns = have_more
        return taken

    async def _claim_of(self, session: AsyncSession, account_id: str, limit: int) -> list[Job]:
        now = self._now()
        values = {
            "account": account_id,
            "now": now,
            "max_jobs": limit,
            "new_owner": self._owner,
            "until": now + self.lease,
        }
        rows = (await session.execute(statements.CLAIM, values)).mappings()
        return sorted((job_of(row) for row in rows), key=lambda job: (job.created_at, job.number))

    async def _held(self, session: AsyncSession, ids: Collection[str]) -> dict[str, int]:
        """The attempts of those that are still ours."""
        rows = await session.execute(statements.HELD, self._mine(ids))
        return {row.id: row.attempt for row in rows}

    def _mine(self, ids: Collection[str]) -> dict[str, object]:
        return {"ids": list(ids), "me": self._owner}


async def release_expired(database: Database, *, now: datetime) -> tuple[list[str], list[str]]:
    """Jobs of lost workers: those that go back to the queue, and those that failed for good."""
    async with database.session() as session:
        if (await session.execute(statements.EXPIRED, {"now": now})).first() is None:
            return [], []  # asked every few seconds: a look needs no turn among the writers
    async with database.begin() as session:
        again = {
            "now": now,
            "max_attempts": MAX_ATTEMPTS,
            "code": WORKER_LOST.code,
            "message": WORKER_LOST.message,
        }
        requeued = list((await session.execute(statements.REQUEUE, again)).scalars())
        lost = WORKER_LOST_FOR_GOOD
        for_good = {"now": now, "code": lost.code, "message": lost.message}
        failed = list((await session.execute(statements.FAIL, for_good)).scalars())
        await quota_rows.release(session, failed)
    return requeued, failed


async def _cancelled(session: AsyncSession, ids: Sequence[str]) -> list[str]:
    """Not those that another worker has now, and counts itself."""
    return list((await session.execute(statements.CANCELLED, {"ids": list(ids)})).scalars())


def _finished(ending: Ending, now: datetime) -> dict[str, object]:
    is_over = ending.state in FINISHED
    return {
        "job_id": ending.job.id,
        "new_state": ending.state.value,
        "due_at": now if ending.wait is None else now + ending.wait,
        "new_result": result_text(ending.result),
        "new_code": None if ending.error is None else ending.error.code,
        "new_message": None if ending.error is None else ending.error.message,
        "ended_at": now if is_over else None,
        "announce_at": now if is_over and ending.job.callback_url is not None else None,
    }

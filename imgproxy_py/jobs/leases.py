"""Jobs as their workers see them: claimed, held, ended.

A claimed row names its owner until `lease_until`. Every later change asks for that owner and that
attempt: a worker that lost its lease changes nothing. All changes of one call are one transaction,
because the transactions, and not the rows, are what costs.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

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
        self.database = database
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
        taken = await self.database.write(
            lambda connection: self._claim_in_turns(connection, turns, limit)
        )
        self._turns = later + turns if len(taken) == limit else []
        return taken

    async def renew(self, ids: Collection[str]) -> set[str]:
        """Hold these for another lease; gives back those that are still ours."""
        values = self._mine(ids) | {"until": self._now() + self.lease}
        return await self.database.write(
            lambda connection: set(connection.execute(statements.RENEW, values).scalars())
        )

    async def finish(self, endings: Sequence[Ending]) -> set[str]:
        """Write what became of these; gives back the ids that were still ours, and so hold.

        Their images of the quota are counted or given back in the same transaction; of those that
        were cancelled meanwhile too, where the image was made already.
        """
        now = self._now()
        mine = self._mine([ending.job.id for ending in endings])
        return await self.database.write(lambda connection: _finish(connection, endings, mine, now))

    async def give_back(self, ids: Collection[str], *, were_begun: bool) -> None:
        """Back into the queue, as if they had never been claimed: this worker stops."""
        statement = statements.GIVE_BACK_BEGUN if were_begun else statements.GIVE_BACK
        mine = self._mine(ids)
        await self.database.write(lambda connection: connection.execute(statement, mine))

    async def _waiting_accounts(self) -> list[str]:
        """Accounts with jobs in the queue; the first is not the one that was first before."""
        found = await self.database.read(
            lambda connection: list(connection.execute(statements.WAITING).scalars())
        )
        if self._turns and self._turns[0] in found:
            start = found.index(self._turns[0])
            found = found[start:] + found[:start]
        return found[:MAX_TURNS]

    def _claim_in_turns(
        self, connection: Connection, turns: Sequence[str], limit: int
    ) -> list[Job]:
        """What one account leaves of its share goes to the others."""
        taken: list[Job] = []
        while turns and len(taken) < limit:
            have_more = []
            for index, account_id in enumerate(turns):
                share = -(-(limit - len(taken)) // (len(turns) - index))
                found = self._claim_of(connection, account_id, share)
                taken += found
                if len(found) == share:
                    have_more.append(account_id)
            turns = have_more
        return taken

    def _claim_of(self, connection: Connection, account_id: str, limit: int) -> list[Job]:
        now = self._now()
        values = {
            "account": account_id,
            "now": now,
            "max_jobs": limit,
            "new_owner": self._owner,
            "until": now + self.lease,
        }
        rows = connection.execute(statements.CLAIM, values).mappings()
        return sorted((job_of(row) for row in rows), key=lambda job: (job.created_at, job.number))

    def _mine(self, ids: Collection[str]) -> dict[str, object]:
        return {"ids": list(ids), "me": self._owner}


async def release_expired(database: Database, *, now: datetime) -> tuple[list[str], list[str]]:
    """Jobs of lost workers: those that go back to the queue, and those that failed for good."""
    first = await database.read(
        lambda connection: connection.execute(statements.EXPIRED, {"now": now}).first()
    )
    if first is None:
        return [], []  # asked every few seconds: a look needs no turn among the writers
    return await database.write(lambda connection: _release_expired(connection, now))


def _release_expired(connection: Connection, now: datetime) -> tuple[list[str], list[str]]:
    again = {
        "now": now,
        "max_attempts": MAX_ATTEMPTS,
        "code": WORKER_LOST.code,
        "message": WORKER_LOST.message,
    }
    requeued = list(connection.execute(statements.REQUEUE, again).scalars())
    lost = WORKER_LOST_FOR_GOOD
    for_good = {"now": now, "code": lost.code, "message": lost.message}
    failed = list(connection.execute(statements.FAIL, for_good).scalars())
    quota_rows.release(connection, failed)
    return requeued, failed


def _finish(
    connection: Connection, endings: Sequence[Ending], mine: Mapping[str, object], now: datetime
) -> set[str]:
    """The ids of those that were still ours."""
    held = {row.id: row.attempt for row in connection.execute(statements.HELD, mine)}
    valid = [each for each in endings if held.get(each.job.id) == each.job.attempt]
    if valid:
        connection.execute(statements.FINISH, [_finished(each, now) for each in valid])
    ended = [each for each in valid if each.state in FINISHED]
    spent = {each.job.id: each.job.account_id for each in ended if each.is_spent}
    # Plans without a limit reserve nothing, and count all the same.
    quota_rows.count(connection, spent, month=month_of(now))
    quota_rows.release(connection, [each.job.id for each in ended if not each.is_spent])
    lost = [each.job.id for each in endings if each.is_spent and each.job.id not in held]
    if lost:
        quota_rows.spend(connection, _cancelled(connection, lost))
    return {each.job.id for each in valid}


def _cancelled(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Not those that another worker has now, and counts itself."""
    return list(connection.execute(statements.CANCELLED, {"ids": list(ids)}).scalars())


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

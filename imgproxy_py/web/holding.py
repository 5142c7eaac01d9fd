"""Work that outlasts one hop: a ticket stands for it, and `/results/{ticket}` goes on waiting.

No client and no proxy waits longer than `hold_seconds` on one hop, and `curl -L` still ends with
the picture.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from imgproxy_py.service.response import Answer
from imgproxy_py.web.incoming import ClientLeft

# How long a finished piece of work stays for a client that follows late.
KEPT_SECONDS = 60.0
MAX_HELD = 10_000
_PREFIX = "w-"


@dataclass(frozen=True, slots=True, kw_only=True)
class StillWorking(Exception):
    """Not ready within one hop; ask again under `ticket`."""

    ticket: str


class Holding:
    """Running work by ticket. Tickets are unguessable and belong to this process.

    While it stops (`is_stopping`) no hop ends early: nobody could come back with the ticket.
    """

    def __init__(
        self, *, hold_seconds: float, is_stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._hold_seconds = hold_seconds
        self._is_stopping = is_stopping
        self._held: dict[str, asyncio.Task[Answer]] = {}

    def __contains__(self, ticket: str) -> bool:
        return ticket in self._held

    async def first_hop(
        self,
        work: "asyncio.Task[Answer]",
        *,
        client_left: "asyncio.Future[None]",
        may_redirect: bool = True,
    ) -> Answer:
        """The work's answer; `StillWorking` with a new ticket when it takes longer than a hop.

        A client that leaves during its first hop takes its work with it: `ClientLeft`.
        """
        may_hold = may_redirect and len(self._held) < MAX_HELD
        try:
            await self._first_of({work, client_left}, may_hold=may_hold)
        except asyncio.CancelledError:
            work.cancel()
            raise
        if work.done():
            return work.result()
        if client_left.done():
            work.cancel()
            raise ClientLeft
        raise StillWorking(ticket=self._hold(work))

    async def next_hop(self, ticket: str) -> Answer:
        """Go on waiting for the work under `ticket`, one hop at a time."""
        work = self._held[ticket]
        await self._first_of({work})
        if not work.done():
            raise StillWorking(ticket=ticket)
        return await work

    async def _first_of(self, waited: "set[asyncio.Future[Any]]", *, may_hold: bool = True) -> None:
        """Wait for one of them as long as a hop lasts, or to the end where that is needed."""
        timeout = self._hold_seconds if may_hold else None
        first = asyncio.FIRST_COMPLETED
        done, _ = await asyncio.wait(waited, timeout=timeout, return_when=first)
        if not done and self._is_stopping():
            await asyncio.wait(waited, return_when=first)

    def _hold(self, work: "asyncio.Task[Answer]") -> str:
        ticket = _PREFIX + secrets.token_urlsafe(18)
        self._held[ticket] = work
        work.add_done_callback(lambda _: self._forget_later(ticket))
        return ticket

    def _forget_later(self, ticket: str) -> None:
        work = self._held[ticket]
        if not work.cancelled():
            work.exception()  # nobody may ever come for it, and asyncio would complain
        loop = asyncio.get_running_loop()
        loop.call_later(KEPT_SECONDS, self._held.pop, ticket, None)

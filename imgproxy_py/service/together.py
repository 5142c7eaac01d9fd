"""Requests for the same result at the same time: one has it made, the others wait for it.

Each keeps its own account, warnings and deadline. What only the first one had to put up with, such
as a short timeout or a used-up quota, does not reach the others: they try once more, among those to
whom the same happens.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from dataclasses import replace
from typing import Any, Protocol

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.service.cache_use import MISS
from imgproxy_py.service.fallback import the_source_itself
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, SourceAnswer
from imgproxy_py.service.shared_work import SharedWork
from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.store.collapse import Collapse, Outcome
from imgproxy_py.store.leases import Leases
from imgproxy_py.workers.errors import DeadlineReached, Overloaded

Tell = Callable[[], Coroutine[Any, Any, Answer]]
Look = Callable[[], Awaitable[Answer | None]]

# With less time than this left, what another one did not get in all of its time is not tried again.
_WORTH_TRYING_SECONDS = 1.0
_OF_THE_FIRST_ALONE = (QuotaExceeded, OriginTimeout, DeadlineReached, Overloaded)


class _Work(Protocol):
    async def run(
        self, key: Hashable, begin: Tell, *, look: Look | None, waits_until: float | None
    ) -> Outcome[Answer]: ...


class Together:
    """Belongs to one event loop. Without `leases` other processes do not count."""

    def __init__(self, leases: Leases | None = None) -> None:
        self._by_url = SharedWork[Answer](Collapse(leases, name="result"))
        # The bytes of an upload are its request's, so work on them ends with it.
        self._by_content = Collapse[Answer](leases, name="result")

    async def of_url(
        self,
        request: Request,
        account: Account,
        keys: Keys,
        tell: Tell,
        look: Look,
        *,
        since: float = 0.0,
    ) -> Answer:
        """What `tell` gives, or gave somebody who asked for the same; `look` finds what another
        process has stored meanwhile. `since` is when the source was purged last: what was begun
        before that is not the same."""
        assert keys.source is not None
        same = (
            keys.source.digest,
            keys.options_text,
            keys.accepts,
            request.hops,
            repr(request.allowed_sources),
            since,
        )
        return await self._answer(self._by_url, same, request, account, tell, look)

    async def of_content(
        self, request: Request, account: Account, key: Hashable, tell: Tell, look: Look
    ) -> Answer:
        """The same for an upload, by the key of its result."""
        return await self._answer(self._by_content, (key,), request, account, tell, look)

    async def _answer(
        self,
        work: _Work,
        same: tuple[Hashable, ...],
        request: Request,
        account: Account,
        tell: Tell,
        look: Look,
    ) -> Answer:
        answer = await self._round(work, same, request, tell, look, is_last=False)
        if answer is not None:
            return answer
        alike = (*same, account.id, request.options.timeout_seconds)
        answer = await self._round(work, alike, request, tell, look, is_last=True)
        assert answer is not None
        return answer

    async def _round(
        self,
        work: _Work,
        key: Hashable,
        request: Request,
        tell: Tell,
        look: Look,
        *,
        is_last: bool,
    ) -> Answer | None:
        """None when what came of it is of no use to this request."""
        is_first = False

        def begin() -> Coroutine[Any, Any, Answer]:
            nonlocal is_first
            is_first = True
            return tell()

        try:
            # The story itself knows what to do at its deadline; this one is for who waits for it.
            outcome = await work.run(key, begin, look=look, waits_until=request.deadline)
        except TimeoutError:
            return the_source_itself(request)
        except _OF_THE_FIRST_ALONE:
            if is_first or is_last:
                raise
            return None
        if is_first:
            return outcome.value
        if _may_not_be_shared(outcome.value):
            return await look() or await tell()
        return _as_waited_for(outcome.value, request, is_last=is_last)


def _may_not_be_shared(answer: Answer) -> bool:
    """What may not be stored is for the one alone who asked for it (RFC 9111, section 4)."""
    return not isinstance(answer, SourceAnswer) and not answer.freshness.may_store


def _as_waited_for(answer: Answer, request: Request, *, is_last: bool) -> Answer | None:
    match answer:
        case ImageAnswer():
            had_seconds = answer.record.timeout_seconds or 0.0
            has_more_time = request.options.timeout_seconds > had_seconds
            if answer.record.is_provisional and has_more_time and not is_last:
                return None
            cache = MISS if answer.cache.is_hit else answer.cache
            return replace(
                answer,
                cache=replace(cache, is_collapsed=True),
                is_made=False,
                warnings=request.warnings + answer.record.warnings,
            )
        case SourceAnswer():
            seconds_left = request.deadline - time.monotonic()
            if seconds_left > _WORTH_TRYING_SECONDS and not is_last:
                return None
            return the_source_itself(request)
        case _:
            return replace(answer, warnings=request.warnings)

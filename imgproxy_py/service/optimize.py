"""Read this first: the story of one request, from who asks to what is answered.

    authorize → look up → open the source → reserve an image → make the result → answer

An upload is looked up once it is open, by its content. What is made lies in `making.py`. The JSON
surface and jobs tell the same story with one more chapter, in `desk.py`: every account has a URL
of its own for a result. Only the command line, which has neither accounts nor results, goes to the
engine directly.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import QuotaExceeded, RateLimited
from imgproxy_py.engine.job import Limits
from imgproxy_py.service.fallback import the_source_itself
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.known import Known
from imgproxy_py.service.making import Engine, Maker
from imgproxy_py.service.metering import Meter
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.service.source import Source, SourceOpener
from imgproxy_py.sources.errors import OriginTimeout

# The event loop's clock stands still while it works, so a timer set for the deadline may fire a
# little before it by the real clock.
_DEADLINE_SLACK_SECONDS = 0.1


class Accounts(Protocol):
    """Whoever knows which usernames may ask."""

    async def find(self, username: str) -> Account: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """Everything one optimization needs, composed once at start.

    Without a `refiner` a result stays as it was first made. `pace` raises RateLimited when an
    account asks for work too often.
    """

    accounts: Accounts
    meter: Meter
    results: StoredResults
    sources: SourceOpener
    engine: Engine
    limits: Limits
    refiner: Refiner | None = None
    pace: Callable[[Account], None] = lambda _account: None
    known: Known = field(init=False)
    maker: Maker = field(init=False)

    def __post_init__(self) -> None:
        known = Known(results=self.results, refiner=self.refiner)
        maker = Maker(
            engine=self.engine,
            limits=self.limits,
            known=known,
            results=self.results,
            refiner=self.refiner,
        )
        object.__setattr__(self, "known", known)
        object.__setattr__(self, "maker", maker)

    async def optimize(self, request: Request) -> Answer:
        """Tell the whole story. Raises what went wrong, as one of our errors.

        At the deadline: the best result so far, else the source itself. An upload is closed.
        """
        with request.upload or nullcontext():
            account = await self.authorize(request.username)
            try:
                answer = await self._answer(request, account)
            except (QuotaExceeded, RateLimited):
                raise  # nothing was tried, so nothing failed
            except Exception:
                self.meter.note(account, failures=1)
                raise
            self._note(account, answer)
            return answer

    async def authorize(self, username: str) -> Account:
        """Raise the AccessError of a username that may not ask."""
        return await self.accounts.find(username)

    async def _answer(self, request: Request, account: Account) -> Answer:
        keys = Keys.of(request)

        found = await self.known.of_url(request, keys)
        if found is not None:
            return found

        self.pace(account)
        started_at = time.perf_counter()
        try:
            async with self.sources.open(request) as source:
                return await self._of_source(request, account, keys, source, started_at)
        except OriginTimeout:
            if time.monotonic() < request.deadline - _DEADLINE_SLACK_SECONDS:
                raise
            return the_source_itself(request)

    async def _of_source(
        self, request: Request, account: Account, keys: Keys, source: Source, started_at: float
    ) -> Answer:
        if request.upload is not None:
            known = await self.known.of_content(request, keys, source)
            if known is not None:
                return known
        if request.options.wants_meta:
            return await self.maker.make(request, keys, source, started_at=started_at)
        async with self.meter.image_charge(account) as charge:
            answer = await self.maker.make(request, keys, source, started_at=started_at)
            if is_made(answer):
                charge.spend()
            return answer

    def _note(self, account: Account, answer: Answer) -> None:
        """Hits cost nothing and are counted all the same."""
        if isinstance(answer, ImageAnswer):
            was_made = is_made(answer)
            self.meter.note(
                account,
                images=int(was_made),
                cache_hits=int(not was_made),
                source_bytes=answer.record.source_bytes,
                result_bytes=answer.record.bytes,
            )
        elif not isinstance(answer, MetaAnswer):
            self.meter.note(account, failures=1)


def is_made(answer: Answer) -> bool:
    """Whether an image was made for this answer: not one that was stored, nor the source itself,
    nor a result of ours that was fed back."""
    if not isinstance(answer, ImageAnswer):
        return False
    return answer.is_made and not answer.is_fed_back

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
from functools import partial

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import QuotaExceeded, RateLimited
from imgproxy_py.engine.job import Limits
from imgproxy_py.service.admission import Access, Accounts, Admission, NoRules, while_url_lasts
from imgproxy_py.service.charged import made_for
from imgproxy_py.service.errors import NothingStored
from imgproxy_py.service.fallback import the_source_itself
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.known import Known
from imgproxy_py.service.looked import Looked
from imgproxy_py.service.making import Engine, Maker
from imgproxy_py.service.metering import Meter
from imgproxy_py.service.open_source import Source
from imgproxy_py.service.refine import Refiner
from imgproxy_py.service.renewing import Renewer
from imgproxy_py.service.request import Request
from imgproxy_py.service.response import Answer, ImageAnswer, MetaAnswer
from imgproxy_py.service.results import StoredResults
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.together import Together
from imgproxy_py.sources.errors import OriginTimeout

# The event loop's clock stands still while it works, so a timer set for the deadline may fire a
# little before it by the real clock.
_DEADLINE_SLACK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimizer:
    """Everything one optimization needs, composed once at start.

    Without a `refiner` a result stays as it was first made, without a `renewer` a stale source is
    not asked for again before somebody waits for it. `pace` raises RateLimited when an
    account asks for work too often.
    """

    accounts: Accounts
    meter: Meter
    results: StoredResults
    sources: SourceOpener
    engine: Engine
    limits: Limits
    refiner: Refiner | None = None
    renewer: Renewer | None = None
    together: Together = field(default_factory=Together)
    pace: Callable[[Account], None] = lambda _account: None
    access: Access = field(default_factory=NoRules)
    admission: Admission = field(init=False)
    known: Known = field(init=False)
    maker: Maker = field(init=False)

    def __post_init__(self) -> None:
        admission = Admission(accounts=self.accounts, access=self.access)
        object.__setattr__(self, "admission", admission)
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
            account, request = await self.authorize(request)
            try:
                answer = await self._answer(request, account)
            except (QuotaExceeded, RateLimited, NothingStored):
                raise  # nothing was tried, so nothing failed
            except Exception:
                self.meter.note(account, failures=1)
                raise
            self._note(account, answer)
            return while_url_lasts(answer, request)

    async def at_hand(self, request: Request) -> Answer | None:
        """The answer where a stored result is all it takes: the story up to its first work."""
        account, request = await self.authorize(request)
        found = await self.known.of_url(request, Keys.of(request))
        if found is None:
            return None
        self._renew_if_stale(found, request, account)
        self._note(account, found)
        return while_url_lasts(found, request)

    async def authorize(self, request: Request) -> tuple[Account, Request]:
        """Who asks, and the request within what they may. Raises what `Admission.by_url` does."""
        return await self.admission.by_url(request)

    async def _answer(self, request: Request, account: Account) -> Answer:
        keys = Keys.of(request)

        looked = await self.known.look(request, keys)
        if looked.answer is not None:
            self._renew_if_stale(looked.answer, request, account)
            return looked.answer
        if request.only_if_cached:
            raise NothingStored

        self.pace(account)
        tell = partial(self._tell, request, account, keys, looked)
        if request.source_url is None or not self.sources.is_shared(request):
            return await tell()
        look = partial(self._found_meanwhile, request, keys, looked)
        assert keys.source is not None
        since = self.results.records.source_purged_at(keys.source)
        return await self.together.of_url(request, account, keys, tell, look, since=since)

    async def _found_meanwhile(self, request: Request, keys: Keys, looked: Looked) -> Answer | None:
        return None if looked.was_just_now else await self.known.of_url(request, keys)

    async def _tell(self, request: Request, account: Account, keys: Keys, looked: Looked) -> Answer:
        started_at = time.perf_counter()
        is_unknown = looked.found_nothing and looked.was_just_now
        try:
            async with self.sources.visit(request, is_unknown=is_unknown) as visit:
                if visit.wants_renewal:
                    self.renew(request, account)
                known = await self.known.of_standing(request, keys, visit.standing)
                if known is not None:
                    return known
                source = await visit.source()
                return await self._of_source(request, account, keys, source, started_at)
        except OriginTimeout:
            if time.monotonic() < request.deadline - _DEADLINE_SLACK_SECONDS:
                raise
            return the_source_itself(request)

    async def _of_source(
        self, request: Request, account: Account, keys: Keys, source: Source, started_at: float
    ) -> Answer:
        if source.may_be_known:
            known = await self.known.of_content(request, keys, source)
            if known is not None:
                return known
        tell = partial(
            made_for,
            account,
            self.meter,
            self.maker,
            request,
            keys,
            source,
            started_at=started_at,
        )
        if request.upload is None:
            return await tell()
        look = partial(self.known.of_content, request, keys, source)
        key = keys.result(source.spool.sha256).digest
        return await self.together.of_content(request, account, key, tell, look)

    def renew(self, request: Request, account: Account) -> None:
        """Have a stale source asked for again while nobody waits."""
        if self.renewer is not None:
            self.renewer.offer(request, account)

    def _renew_if_stale(self, found: ImageAnswer, request: Request, account: Account) -> None:
        if not found.freshness.is_fresh(time.time()):
            self.renew(request, account)

    def _note(self, account: Account, answer: Answer) -> None:
        """Hits cost nothing and are counted all the same; what was made has been counted."""
        if isinstance(answer, ImageAnswer):
            if not answer.costs_an_image:
                self.meter.note(
                    account,
                    cache_hits=1,
                    source_bytes=answer.record.source_bytes,
                    result_bytes=answer.record.bytes,
                )
        elif not isinstance(answer, MetaAnswer):
            self.meter.note(account, failures=1)

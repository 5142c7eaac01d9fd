"""Renewal: a stale source is asked for again after its copy was answered (RFC 5861, section 3).

At most a few at a time, one per source, and each in the name of the account that brought it: at its
pace, of its quota. A source that has changed is made into the new result for the same options, on
time that no request needs, so that the next request finds it.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from imgproxy_py.accounts.account import Account
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.service.charged import made_for
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.making import Maker
from imgproxy_py.service.metering import Meter
from imgproxy_py.service.request import Request
from imgproxy_py.service.source import SourceOpener

log = logging.getLogger(__name__)

MAX_AT_ONCE = 4
MAX_WAITING = 256
# The whole of one renewal: a slow origin, and a new result made in idle time.
RENEWAL_SECONDS = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    request: Request
    account: Account


class Renewer:
    """Belongs to one event loop. `maker` works in idle time; `pace` raises RateLimited."""

    def __init__(
        self,
        *,
        sources: SourceOpener,
        maker: Maker,
        meter: Meter,
        pace: Callable[[Account], None],
    ) -> None:
        self._sources = sources
        self._maker = maker
        self._meter = meter
        self._pace = pace
        self._is_closed = False
        self._waiting: dict[str, _Due] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        """How many sources wait or are asked for."""
        return len(self._waiting) + len(self._running)

    def offer(self, request: Request, account: Account) -> None:
        """Have the source of `request` asked for again soon. Too many at once are passed over: the
        next request for one of them brings it again."""
        url = request.source_url
        if url is None or self._is_closed or url in self._waiting or url in self._running:
            return
        if len(self._waiting) >= MAX_WAITING or self._sources.is_inside(request):
            return
        self._waiting[url] = _Due(request=request, account=account)
        self._begin_next()

    async def close(self) -> None:
        """Give up what runs, what waits, and what comes from now on."""
        self._is_closed = True
        self._waiting.clear()
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _begin_next(self) -> None:
        while self._waiting and len(self._running) < MAX_AT_ONCE:
            url = next(iter(self._waiting))
            task = asyncio.create_task(self._renewed(self._waiting.pop(url)))
            self._running[url] = task
            task.add_done_callback(partial(self._ended, url))

    def _ended(self, url: str, _task: "asyncio.Task[None]") -> None:
        self._running.pop(url, None)
        self._begin_next()

    async def _renewed(self, due: _Due) -> None:
        try:
            async with asyncio.timeout(RENEWAL_SECONDS):
                await self._renew(due.request, due.account)
        except (ImgproxyError, TimeoutError) as error:
            log.info("a source was not renewed", extra={"reason": str(error) or "no time left"})
        except Exception:  # whatever is wrong with this one, the next is another
            log.exception("a source was not renewed")

    async def _renew(self, request: Request, account: Account) -> None:
        self._pace(account)
        request = replace(
            request, deadline=time.monotonic() + RENEWAL_SECONDS, warnings=(), upload=None
        )
        async with self._sources.visit(request, is_renewal=True) as visit:
            if visit.standing is not None or request.options.wants_meta:
                return  # its record has been refreshed, or its origin failed
            source = await visit.source()
            await source.arrived()
            keys = Keys.of(request)
            if await self._maker.known.of_content(request, keys, source) is not None:
                return
            started_at = time.perf_counter()
            await made_for(
                account, self._meter, self._maker, request, keys, source, started_at=started_at
            )

"""Fetch a source image from its origin: read `fetch` first, it tells the story of every hop."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import aiohttp
from yarl import URL

from imgproxy_py.sources.connections import Connections
from imgproxy_py.sources.errors import OriginTimeout, RedirectLimit, RedirectLoop
from imgproxy_py.sources.failures import connection_failure
from imgproxy_py.sources.fetched import (
    Fetched,
    check_answer,
    joined,
    receive_body,
    receive_whole,
)
from imgproxy_py.sources.hop_headers import HopHeaders
from imgproxy_py.sources.patterns import SourcePattern
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.sources.redirect import REDIRECT_STATUSES, next_hop
from imgproxy_py.sources.resolver import Lookup
from imgproxy_py.sources.spool import Spool
from imgproxy_py.sources.url import SourceUrl, read_source_url
from imgproxy_py.sources.via import via_value


class Fetcher:
    """Fetches under `policy` unless a fetch brings its own.

    `resolver` gives a name's addresses (`resolver.Lookup`) and `ssl_context` the authorities that
    are trusted; None means the system's.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolver: Lookup | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._policy = policy
        self._connections = Connections(lookup=resolver, ssl_context=ssl_context)
        self._bodies: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Open the pool of connections, inside the loop that will use it."""
        self._connections.session(self._policy.allowed_networks)

    async def close(self) -> None:
        """Give up what is still being fetched, and all connections."""
        for body in tuple(self._bodies):
            body.cancel()
        await asyncio.gather(*self._bodies, return_exceptions=True)
        await self._connections.close()

    async def fetch(
        self,
        url: str,
        *,
        spool_directory: Path,
        deadline: float | None = None,
        policy: FetchPolicy | None = None,
        hops_seen: int = 0,
        validators: Mapping[str, str] | None = None,
        validators_for: str | None = None,
        account_sources: tuple[SourcePattern, ...] = (),
    ) -> Fetched:
        """Ask for `url`; returns when the final headers are accepted and the body is on its way.

        `deadline` is a moment of `time.monotonic()`. `hops_seen` says how often the request has
        passed this server (`via.hops_in`). `validators` are conditional headers for the origin;
        with them a 304 is an answer (`HopHeaders`). `account_sources` are all that
        this account may fetch, beside the policy; empty for everything. Raises a SourceError.
        """
        policy = (policy or self._policy).within(account_sources)
        via = via_value(policy.via_token, hops_seen=hops_seen, max_hops=policy.max_via_hops)
        told = HopHeaders.of(via=via, validators=validators, validators_for=validators_for)
        ends_at = _ends_at(policy, deadline)
        hop, response, passed = await self._follow(read_source_url(url), told, policy, ends_at)
        headers = joined(response.headers)
        try:
            check_answer(
                response,
                headers,
                is_conditional=told.is_conditional(hop),
                max_source_bytes=policy.max_source_bytes,
            )
            spool = _spool_for(response, spool_directory, policy)
        except BaseException:
            response.release()  # which closes the connection unless the body was read already
            raise
        return Fetched(
            url=hop.text,
            status=response.status,
            headers=headers,
            passed=passed,
            spool=spool,
            done=self._receive(response, spool, policy, ends_at),
        )

    async def _follow(
        self, hop: SourceUrl, told: HopHeaders, policy: FetchPolicy, ends_at: float
    ) -> tuple[SourceUrl, aiohttp.ClientResponse, tuple[Mapping[str, str], ...]]:
        """The first answer that is no redirect, and the headers of those before it; every hop is
        held against the policy anew."""
        seen = {hop.text}
        passed: list[Mapping[str, str]] = []
        for _ in range(policy.max_redirects + 1):
            policy.check(hop)
            response = await self._ask(hop, told.to(hop), policy, ends_at)
            if response.status not in REDIRECT_STATUSES:
                return hop, response, tuple(passed)
            response.release()
            passed.append(joined(response.headers))
            hop = next_hop(hop, response.headers.get("Location"))
            if hop.text in seen:
                raise RedirectLoop("the origin redirects in a circle")
            seen.add(hop.text)
        raise RedirectLimit(f"the origin redirects more than {policy.max_redirects} times")

    async def _ask(
        self, hop: SourceUrl, headers: dict[str, str], policy: FetchPolicy, ends_at: float
    ) -> aiohttp.ClientResponse:
        session = self._connections.session(policy.allowed_networks)
        now = asyncio.get_running_loop().time()
        longest = policy.connect_timeout_seconds + policy.first_byte_timeout_seconds
        try:
            # The outer limit is for headers that arrive byte by byte, for ever.
            async with asyncio.timeout_at(min(ends_at, now + longest)):
                return await session.get(
                    URL(hop.text, encoded=True),
                    headers=headers,
                    allow_redirects=False,
                    timeout=_timeout(
                        policy.connect_timeout_seconds, policy.first_byte_timeout_seconds
                    ),
                )
        except (aiohttp.ClientError, OSError) as error:
            raise connection_failure(error) from error

    def _receive(
        self, response: aiohttp.ClientResponse, spool: Spool, policy: FetchPolicy, ends_at: float
    ) -> "asyncio.Future[None]":
        if receive_whole(response, spool):
            done = asyncio.get_running_loop().create_future()
            done.set_result(None)
            return done
        connection = response.connection
        if connection is not None and connection.protocol is not None:
            # The body has its own timer; the library's would be made anew for each packet.
            connection.protocol.read_timeout = None
            connection.protocol.start_timeout()
        idle = policy.idle_timeout_seconds
        body = asyncio.create_task(
            receive_body(response, spool, ends_at=ends_at, idle_timeout_seconds=idle)
        )
        self._bodies.add(body)
        body.add_done_callback(self._bodies.discard)
        # A task that is cancelled before its first step has never seen the response.
        body.add_done_callback(lambda task: response.close() if task.cancelled() else None)
        return body


@lru_cache(maxsize=16)  # those of the settings, and of jobs' callbacks
def _timeout(connect_seconds: float, first_byte_seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=connect_seconds, sock_read=first_byte_seconds)


def _spool_for(response: aiohttp.ClientResponse, directory: Path, policy: FetchPolicy) -> Spool:
    expected_bytes = 0 if response.status == 304 else response.content_length
    return Spool(directory, max_source_bytes=policy.max_source_bytes, expected_bytes=expected_bytes)


def _ends_at(policy: FetchPolicy, deadline: float | None) -> float:
    """The moment, in loop time, when the whole fetch must be over."""
    left = policy.total_timeout_seconds
    if deadline is not None:
        left = min(left, deadline - time.monotonic())
    if left <= 0:
        raise OriginTimeout("there was no time left to fetch the source image")
    return asyncio.get_running_loop().time() + left

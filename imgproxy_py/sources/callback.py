"""Telling a client's server that something is ready: one POST, under the rules of fetching.

The same guard looks at every address that is connected: a callback URL must not be a way into the
operator's network. No redirect is followed, and of the answer only the status is looked at.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import replace

import aiohttp
from yarl import URL

from imgproxy_py.sources.connections import Connections
from imgproxy_py.sources.errors import OriginTimeout
from imgproxy_py.sources.failures import connection_failure
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.sources.resolver import Lookup
from imgproxy_py.sources.url import read_source_url

# Receivers answer first and work later: what Standard Webhooks advises to wait, and no more.
TOTAL_TIMEOUT_SECONDS = 15.0


class Callbacks:
    """`policy` is that of fetching; its list of allowed sources says nothing of receivers.

    `resolver` gives a name's addresses and `ssl_context` the authorities that are trusted; None
    means the system's.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        resolver: Lookup | None = None,
        ssl_context: ssl.SSLContext | None = None,
        total_timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
    ) -> None:
        self._policy = replace(policy, allowed_sources=())
        self._connections = Connections(lookup=resolver, ssl_context=ssl_context)
        self._total_timeout_seconds = total_timeout_seconds

    async def close(self) -> None:
        await self._connections.close()

    def check(self, url: str) -> None:
        """Raise the SourceError of a URL that will never be called."""
        self._policy.check(read_source_url(url))

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send `body`; the status of the answer, a redirect's too. Raises a SourceError."""
        target = read_source_url(url)
        self._policy.check(target)
        sent = {"Accept": "*/*", **headers}
        if target.authorization is not None:
            sent["Authorization"] = target.authorization
        session = self._connections.session(self._policy.allowed_networks)
        try:
            async with (
                asyncio.timeout(self._total_timeout_seconds),
                session.post(
                    URL(target.text, encoded=True), data=body, headers=sent, allow_redirects=False
                ) as response,
            ):
                return response.status
        except TimeoutError:
            raise OriginTimeout("the receiver did not answer in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise connection_failure(error) from error

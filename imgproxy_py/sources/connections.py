"""Connections to origins: what every one of them has in common, whatever is fetched over it.

Nothing of the client's request is passed on: no header, no cookie, no proxy of the environment.
"""

import ssl

import aiohttp

from imgproxy_py.sources.addresses import Network
from imgproxy_py.sources.resolver import (
    GuardedResolver,
    Lookup,
    SystemLookup,
    guarded_socket_factory,
)
from imgproxy_py.version import VERSION

MAX_CONNECTIONS = 256
# One slow origin must not take all connections.
MAX_CONNECTIONS_PER_HOST = 64
# When reading pauses until the spool has taken what is there. It never keeps a fetch waiting, so
# this is a bound, not a habit; measured on 3.7 MB, 64 KiB costs a third more CPU than 1 MiB.
READ_BYTES = 1 << 20

# `Accept` names no format: an origin that negotiates must not choose one for our client.
HEADERS = {
    "Accept": "image/*,*/*;q=0.8",
    "Accept-Encoding": "identity",
    "User-Agent": f"imgproxy-py/{VERSION}",
}


class Connections:
    """Kept-alive connections, in one pool per list of allowed networks.

    A connection that one account may use must not be handed to another that may not. There are as
    many pools as the operator wrote different lists. None for `lookup` or `ssl_context` means the
    system's own.
    """

    def __init__(self, *, lookup: Lookup | None, ssl_context: ssl.SSLContext | None) -> None:
        self._system_lookup = SystemLookup() if lookup is None else None
        self._lookup = lookup or self._system_lookup
        self._ssl: ssl.SSLContext | bool = True if ssl_context is None else ssl_context
        self._sessions: dict[tuple[Network, ...], aiohttp.ClientSession] = {}

    def session(self, networks: tuple[Network, ...]) -> aiohttp.ClientSession:
        """The pool for fetches that may also reach `networks`."""
        session = self._sessions.get(networks)
        if session is None:
            session = self._sessions[networks] = self._new_session(networks)
        return session

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        if self._system_lookup is not None:
            self._system_lookup.close()

    def _new_session(self, networks: tuple[Network, ...]) -> aiohttp.ClientSession:
        assert self._lookup is not None
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._lookup, networks),
            socket_factory=guarded_socket_factory(networks),
            ssl=self._ssl,
            limit=MAX_CONNECTIONS,
            limit_per_host=MAX_CONNECTIONS_PER_HOST,
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers=HEADERS,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=READ_BYTES,
        )

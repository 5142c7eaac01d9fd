"""One server, asked patiently: what passes is waited for, what does not is told in clear words.

Every request may be sent again: those that change something carry an idempotency key.
"""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp

from imgproxy_py.cli.push.answers import pause_of
from imgproxy_py.cli.push.errors import PushError
from imgproxy_py.cli.push.patience import FIRST_PATIENCE_SECONDS, PATIENCE_SECONDS, Trouble

# A server that takes nothing and says nothing for so long is as good as gone.
IDLE_SECONDS = 90.0
CONNECT_SECONDS = 15.0
Body = Callable[[], AsyncIterator[bytes]]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`path` is below the server's address. `body` is made anew for every attempt.

    `idle_seconds` is how long the server may be silent, also while the body is on its way.
    """

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    sends_key: bool = True
    idle_seconds: float = IDLE_SECONDS


class Client:
    """Connections to one server. `base_url` has no slash at its end.

    `on_wait` hears why something has to be asked again.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connections: int,
        patience_seconds: float = PATIENCE_SECONDS,
        on_wait: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._base_url = base_url
        self._key_header = {"X-API-Key": api_key}
        self._patience_seconds = patience_seconds
        self._on_wait = on_wait
        self._was_reached = False
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=connections),
            auto_decompress=False,
        )

    async def close(self) -> None:
        await self._session.close()

    async def ask_json(self, request: Request) -> dict[str, Any]:
        """The answer's object. Raises Refused and Unreachable."""

        async def read(response: aiohttp.ClientResponse) -> dict[str, Any]:
            told = json.loads(await response.read())
            if not isinstance(told, dict):
                raise ValueError("no object")
            return told

        return await self.persist(lambda: request, read)

    async def persist(
        self,
        request: Callable[[], Request],
        read: Callable[[aiohttp.ClientResponse], Awaitable[Answer]],
    ) -> Answer:
        """What `read` makes of a good answer; asked again until it does, or until patience ends.

        `read` raises ValueError for an answer that should be asked for again.
        """
        trouble = Trouble(patience_seconds=self._patience, on_wait=self._on_wait)
        while True:
            try:
                async with self.opened(request()) as response:
                    pause = await pause_of(response)
                    if pause is None:
                        return await read(response)
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
                if isinstance(error.__cause__, PushError):  # from the body that was being sent
                    raise error.__cause__ from None
                await trouble.unreached(_reason(error))
            else:
                await trouble.busy(f"it answers {response.status}", pause)

    @asynccontextmanager
    async def opened(self, request: Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """One attempt; the answer may be of any status."""
        headers = {**(self._key_header if request.sends_key else {}), **request.headers}
        body = None if request.body is None else request.body()
        async with self._session.request(
            request.method,
            self._base_url + request.path,
            headers=headers,
            data=body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=CONNECT_SECONDS, sock_read=request.idle_seconds
            ),
        ) as response:
            self._was_reached = True
            yield response

    @property
    def _patience(self) -> float:
        """An address that never answered is more likely a wrong one than a restart."""
        first = self._patience_seconds if self._was_reached else FIRST_PATIENCE_SECONDS
        return min(first, self._patience_seconds)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno:
        why = os.strerror(error.os_error.errno)
        return f"cannot connect to {error.host}:{error.port} ({why})"
    return str(error) or type(error).__name__

"""Leases among the processes of many machines, in memcached: a name that only one can add.

It ends by itself soon after its holder last renewed it, so a holder that dies is replaced then.
"""

import asyncio
import secrets
from dataclasses import dataclass

from imgproxy_py.store.leases import Lease, NoLease
from imgproxy_py.store.memcached import hashed_name
from imgproxy_py.store.memcached_servers import MemcachedServers, Unreachable

# memcached's clock ticks once a second, so this is 4 to 5: long enough to miss two renewals.
LEASE_SECONDS = 5
RENEWED_AFTER_SECONDS = 1.5

# A moment that has passed: an item that expired then is gone at once.
_EXPIRED = -1


class MemcachedLeases:
    """`secret` keeps installations apart that share a memcached. Belongs to one event loop."""

    def __init__(
        self,
        servers: MemcachedServers,
        *,
        secret: bytes,
        renewed_after_seconds: float = RENEWED_AFTER_SECONDS,
    ) -> None:
        self._servers = servers
        self._secret = secret
        self._renewed_after_seconds = renewed_after_seconds
        self._held: dict[asyncio.Task[None], asyncio.Event] = {}

    async def take(self, key: str) -> Lease | None:
        name = hashed_name(self._secret, f"lease {key}")
        token = secrets.token_bytes(16)
        try:
            if not await self._servers.call("add", name, token, expire=LEASE_SECONDS):
                return None
        except Unreachable:
            return NoLease()
        is_over = asyncio.Event()
        keeping = asyncio.create_task(self._keep(name, token, is_over))
        self._held[keeping] = is_over
        keeping.add_done_callback(self._held.pop)
        return _AddedName(is_over=is_over)

    async def close(self) -> None:
        """Give everything back."""
        for is_over in self._held.values():
            is_over.set()
        await asyncio.gather(*self._held)

    async def _keep(self, name: str, token: bytes, is_over: asyncio.Event) -> None:
        """Renew the lease until it is over, then give it back; nobody waits for either."""
        while not await _came_within(is_over, self._renewed_after_seconds):
            await self._end_in(name, token, LEASE_SECONDS)
        await self._end_in(name, token, _EXPIRED)

    async def _end_in(self, name: str, token: bytes, seconds: int) -> None:
        """Give the name a new end, if it is ours still: compare and swap, in one step there."""
        try:
            found, version = await self._servers.call("gets", name)
            if found == token:
                await self._servers.call("cas", name, token, version, expire=seconds)
        except Unreachable:
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class _AddedName:
    is_over: asyncio.Event

    async def release(self) -> None:
        self.is_over.set()


async def _came_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True

"""Small values in memcached, behind aiocache's interface. What cannot be had is a miss.

Keys are hashed with the server's secret: installations that share a memcached are strangers, and
nobody reads off it what was asked for. Values are as readable as the network between.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence
from typing import Any

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

from imgproxy_py.store.memcached_servers import MemcachedServers, Unreachable

# Raise it when values change their meaning; what older processes wrote is not found again then.
LAYOUT_VERSION = 1

# Records take some hundred bytes. What is much larger is no record and would push many out.
MAX_VALUE_BYTES = 32 * 1024


class MemcachedCache(BaseCache):  # type: ignore[misc]  # aiocache has no types
    """Values are bytes; one that is too large is not kept, and what stood there is forgotten.

    `ttl` of a call, or of the cache, is in seconds. What would empty or scan a server that others
    use too (`clear`, `raw`) is not offered.
    """

    NAME = "memcached"

    def __init__(
        self,
        servers: MemcachedServers,
        *,
        secret: bytes,
        ttl: float | None = None,
        namespace: str | None = None,
    ) -> None:
        # Calls have limits of their own, so aiocache's, which raises, is off.
        super().__init__(serializer=NullSerializer(), namespace=namespace, timeout=None, ttl=ttl)
        self._servers = servers
        self._secret = secret

    async def _get(self, key: str, encoding: str | None = None, _conn: object = None) -> Any:
        return await self._asked("get", self._named(key))

    async def _multi_get(
        self, keys: Sequence[str], encoding: str | None = None, _conn: object = None
    ) -> list[Any]:
        named = [self._named(key) for key in keys]
        found = await self._asked("get_many", named) or {}
        return [found.get(name) for name in named]

    async def _set(
        self,
        key: str,
        value: bytes,
        ttl: float | None = None,
        _cas_token: object = None,
        _conn: object = None,
    ) -> bool:
        if len(value) > MAX_VALUE_BYTES:
            await self._delete(key)
            return False
        return bool(await self._asked("set", self._named(key), value, expire=_whole(ttl)))

    async def _multi_set(
        self, pairs: Iterable[tuple[str, bytes]], ttl: float | None = None, _conn: object = None
    ) -> bool:
        return all([await self._set(key, value, ttl=ttl) for key, value in pairs])

    async def _add(
        self, key: str, value: bytes, ttl: float | None = None, _conn: object = None
    ) -> bool:
        if len(value) > MAX_VALUE_BYTES:
            return False
        was_added = await self._asked("add", self._named(key), value, expire=_whole(ttl))
        if was_added is False:
            raise ValueError(f"Key {key} already exists, use .set to update the value")
        return bool(was_added)

    async def _exists(self, key: str, _conn: object = None) -> bool:
        return await self._get(key) is not None

    async def _delete(self, key: str, _conn: object = None) -> int:
        return int(bool(await self._asked("delete", self._named(key))))

    async def _asked(self, command: str, *args: object, **named: object) -> Any:
        """None when nobody answered."""
        try:
            return await self._servers.call(command, *args, **named)
        except Unreachable:
            return None

    def _named(self, key: str) -> str:
        return hashed_name(self._secret, f"value {key}")


def hashed_name(secret: bytes, text: str) -> str:
    """A name as memcached takes them (no spaces, at most 250 bytes), with our version in front."""
    digest = hmac.digest(secret, text.encode(), hashlib.sha256)
    return f"imgproxy-py-{LAYOUT_VERSION}-{digest.hex()}"


def _whole(ttl: float | None) -> int:
    """memcached counts whole seconds, and takes 0 for no end."""
    return 0 if not ttl else math.ceil(ttl)

"""Memory in front of the store: bytes under keys, bounded in bytes, least recently used goes first.

aiocache's own memory cache has no bound. This is the same interface with one, so that another
backend of aiocache's can stand in its place.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from aiocache.base import BaseCache
from aiocache.serializers import NullSerializer

# What CPython needs for one entry beside the text of its key and the bytes of its value: two object
# headers (82), a tuple, a float, a dict slot and a list node (146, measured with tracemalloc).
ENTRY_OVERHEAD_BYTES = 230


class BoundedMemoryCache(BaseCache):  # type: ignore[misc]  # aiocache has no types
    """Values have a length, which is their weight in bytes.

    A value larger than an eighth of the cache is not kept at all.

    `clock` gives seconds; `ttl` of a call, or of the cache, is in seconds too.
    """

    NAME = "bounded-memory"

    def __init__(
        self,
        *,
        max_bytes: int,
        clock: Callable[[], float] = time.monotonic,
        ttl: float | None = None,
        namespace: str | None = None,
    ) -> None:
        # Nothing here waits, so aiocache's timeout (a timer per call) is off.
        super().__init__(serializer=NullSerializer(), namespace=namespace, timeout=None, ttl=ttl)
        self._max_bytes = max_bytes
        self._clock = clock
        self._entries: OrderedDict[str, tuple[Any, float | None]] = OrderedDict()
        self.used_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    async def get(
        self,
        key: str,
        default: Any = None,
        loads_fn: Callable[[Any], Any] | None = None,
        namespace: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (aiocache's signature; nothing here waits)
        _conn: object = None,
    ) -> Any:
        """aiocache's own `get` without its layers: one microsecond instead of six, on every hit.

        Plugins and AIOCACHE_DISABLE have no say in it.
        """
        value = await self._get(self.build_key(key, namespace=namespace or self.namespace))
        if value is None:
            return default
        return value if loads_fn is None else loads_fn(value)

    async def _get(self, key: str, encoding: str | None = None, _conn: object = None) -> Any:
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, expires_at = entry
        if expires_at is not None and self._clock() >= expires_at:
            self._remove(key)
            return None
        self._entries.move_to_end(key)
        return value

    async def _gets(self, key: str, encoding: str | None = None, _conn: object = None) -> Any:
        return await self._get(key)

    async def _multi_get(
        self, keys: Sequence[str], encoding: str | None = None, _conn: object = None
    ) -> list[Any]:
        return [await self._get(key) for key in keys]

    async def _set(
        self,
        key: str,
        value: Any,
        ttl: float | None = None,
        _cas_token: Any = None,
        _conn: object = None,
    ) -> bool:
        if _cas_token is not None and await self._get(key) != _cas_token:
            return False
        self._remove(key)
        weight = _weight(key, value)
        if weight > self._max_bytes // 8:
            return False
        self._entries[key] = (value, None if not ttl else self._clock() + ttl)
        self.used_bytes += weight
        while self.used_bytes > self._max_bytes:
            self._remove(next(iter(self._entries)))
        return True

    async def _multi_set(
        self, pairs: Iterable[tuple[str, Any]], ttl: float | None = None, _conn: object = None
    ) -> bool:
        return all([await self._set(key, value, ttl=ttl) for key, value in pairs])

    async def _add(
        self, key: str, value: Any, ttl: float | None = None, _conn: object = None
    ) -> bool:
        if await self._get(key) is not None:
            raise ValueError(f"Key {key} already exists, use .set to update the value")
        return await self._set(key, value, ttl=ttl)

    async def _exists(self, key: str, _conn: object = None) -> bool:
        return await self._get(key) is not None

    async def _increment(self, key: str, delta: int, _conn: object = None) -> int:
        value = int(await self._get(key) or 0) + delta
        expires_at = self._entries[key][1] if key in self._entries else None
        await self._set(key, str(value).encode())
        if key in self._entries:
            self._entries[key] = (self._entries[key][0], expires_at)
        return value

    async def _expire(self, key: str, ttl: float | None, _conn: object = None) -> bool:
        value = await self._get(key)
        if value is None:
            return False
        self._entries[key] = (value, None if not ttl else self._clock() + ttl)
        return True

    async def _delete(self, key: str, _conn: object = None) -> int:
        return int(self._remove(key))

    async def _clear(self, namespace: str | None = None, _conn: object = None) -> bool:
        for key in [key for key in self._entries if key.startswith(namespace or "")]:
            self._remove(key)
        return True

    async def _redlock_release(self, key: str, value: Any) -> int:
        return int(await self._get(key) == value and self._remove(key))

    def _remove(self, key: str) -> bool:
        entry = self._entries.pop(key, None)
        if entry is None:
            return False
        self.used_bytes -= _weight(key, entry[0])
        return True


def _weight(key: str, value: Any) -> int:
    return len(key) + len(value) + ENTRY_OVERHEAD_BYTES

"""Records of one type under their paths, on up to three tiers.

    memory      of this process, decoded        nothing to wait for
    shared      memcached, where there is one   encoded; other processes see it
    the store   beside the bytes                durable: a restart forgets no record

What is asked for is sought in this order and then put on the tiers above; what is written goes to
all of them. The store alone is trusted: the others may forget anything at any time.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from aiocache.base import BaseCache

from imgproxy_py.store.blobs import BlobStore, Buffer

log = logging.getLogger(__name__)

# Raise it when a field changes its meaning; a new field with a default needs no new layout.
LAYOUT = b"\x01"

# Another process may have refined a result meanwhile: memory is asked again after this long.
MEMORY_SECONDS = 60.0

# A shared memory that could not be reached for a while comes back with what was true before.
SHARED_SECONDS = 300.0

# In place of an encoded record: the store has none. Others look there again after this long, and
# nobody who read the store earlier can put back what has been deleted since.
ABSENT = b"\x00"
ABSENT_SECONDS = 10.0

# How much larger a record is as objects than as MessagePack; tracemalloc says 1.7 to 2.9.
DECODED_TIMES_ENCODED = 3

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class _Remembered(Generic[R]):
    """A decoded record in memory, with its weight as its length.

    Decoding costs ten times what looking up does, so memory holds what decoding gave.
    """

    record: R
    weight_bytes: int

    def __len__(self) -> int:
        return self.weight_bytes


class Shelf(Generic[R]):
    """Encoded, a record is MessagePack behind one byte that names its layout."""

    def __init__(
        self,
        record_type: type[R],
        blobs: BlobStore,
        *,
        memory: BaseCache,
        shared: BaseCache | None = None,
    ) -> None:
        self._decoder = msgspec.msgpack.Decoder(record_type)
        self._encoder = msgspec.msgpack.Encoder()
        self._blobs = blobs
        self._memory = memory
        self._shared = shared

    async def get(self, path: str) -> R | None:
        """None for what is not there, and for what cannot be read."""
        remembered: _Remembered[R] | None = await self._memory.get(path)
        if remembered is not None:
            return remembered.record
        if self._shared is None:
            return await self._from_store(path)
        shared: bytes | None = await self._shared.get(path)
        if shared == ABSENT:
            return None
        if shared is not None and (record := self._decoded(path, shared)) is not None:
            await self._remember_here(path, record, len(shared))
            return record
        return await self._from_store(path)

    async def put(self, path: str, record: R) -> None:
        await self._blobs.put(path, self.encoded(record))
        await self.remember(path, record)

    def encoded(self, record: R) -> bytes:
        return LAYOUT + self._encoder.encode(record)

    async def remember(self, path: str, record: R) -> None:
        """Have at hand, here and in other processes, what has just been written to the store."""
        data = self.encoded(record)
        if self._shared is not None:
            await self._shared.set(path, data, ttl=SHARED_SECONDS)
        await self._remember_here(path, record, len(data))

    async def delete(self, path: str) -> None:
        """Other processes that remember the record still answer with it for MEMORY_SECONDS."""
        await self._blobs.delete(path)
        await self._memory.delete(path)
        if self._shared is not None:
            await self._shared.set(path, ABSENT, ttl=ABSENT_SECONDS)

    async def read(self, path: str) -> R | None:
        """What the store itself has; nothing is remembered of it."""
        data = await self._blobs.get(path)
        return None if data is None else self._decoded(path, data)

    async def _from_store(self, path: str) -> R | None:
        data = await self._blobs.get(path)
        record = None if data is None else self._decoded(path, data)
        if data is None or record is None:
            await self._share(path, ABSENT, ABSENT_SECONDS)
            return None
        await self._share(path, bytes(data), SHARED_SECONDS)
        await self._remember_here(path, record, len(data))
        return record

    async def _share(self, path: str, data: bytes, seconds: float) -> None:
        """Only where nothing stands yet: somebody may have written since the store was read."""
        if self._shared is None:
            return
        with suppress(ValueError):  # aiocache's word for "something stands there"
            await self._shared.add(path, data, ttl=seconds)

    async def _remember_here(self, path: str, record: R, encoded_bytes: int) -> None:
        held = _Remembered(record, encoded_bytes * DECODED_TIMES_ENCODED)
        await self._memory.set(path, held, ttl=MEMORY_SECONDS)

    def _decoded(self, path: str, data: Buffer) -> R | None:
        view = memoryview(data)
        if view[:1] != LAYOUT:
            return None
        try:
            return self._decoder.decode(view[1:])
        except msgspec.MsgspecError:
            log.warning("a damaged record counts as missing", extra={"path": path})
            return None

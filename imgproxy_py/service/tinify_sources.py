"""Sources that tinify clients sent, kept for a while: what they want of one, they ask for later.

    tinify/<id>/source      the bytes
    tinify/<id>/record      whose they are, what they are, and which result was made of them

An id is an HMAC of account and content. So it is a capability, and who sends the same picture a
thousand times fills the store with one.
"""

import asyncio
import hmac
import logging
import mmap
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.moments import utc_now
from imgproxy_py.service.errors import ResultNotFound
from imgproxy_py.sources.spool import Spool
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError

log = logging.getLogger(__name__)

# Pruning sees this folder like all results: it counts, and the least recently used goes first.
FOLDER = "tinify"
ID_BYTES = 20
SWEEP_SECONDS = 600.0

_ID = re.compile(rf"[0-9a-f]{{{2 * ID_BYTES}}}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TinifySource:
    """What is known of a kept source. Sizes are upright, in pixels; `name` is a stem for files."""

    id: str
    account_id: str
    sha256: str
    bytes: int
    format: ImageFormat
    width: int
    height: int
    name: str
    result_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TinifySources:
    """`ttl` is how long a source is kept after it was sent last. Raises StoreError."""

    blobs: BlobStore
    secret: bytes = field(repr=False)
    spool_directory: Path
    ttl: timedelta
    now: Callable[[], datetime] = utc_now

    def id_of(self, account_id: str, sha256: str) -> str:
        """Where an account finds a source again."""
        told = f"tinify {account_id} {sha256}".encode()
        return hmac.digest(self.secret, told, "sha256")[:ID_BYTES].hex()

    async def keep(self, source: TinifySource, spool: Spool) -> None:
        """From now on the source is found, its bytes, which are complete, included.

        They are written once, and nobody holds them whole in memory.
        """
        key = _bytes_key(source.id)
        if await self.blobs.size(key) != source.bytes:
            mapped = mmap.mmap(spool.fileno(), source.bytes, access=mmap.ACCESS_READ)
            await self.blobs.put(key, mapped)
        await self.blobs.put(_record_key(source.id), msgspec.msgpack.encode(source))

    async def find(self, source_id: str) -> TinifySource:
        """ResultNotFound for what never was, has expired, or cannot be read."""
        data = None
        if _ID.fullmatch(source_id):
            data = await self.blobs.get(_record_key(source_id))
        if data is None:
            raise ResultNotFound
        try:
            source = msgspec.msgpack.decode(memoryview(data), type=TinifySource)
        except msgspec.MsgspecError as error:
            log.warning("a damaged record counts as missing", extra={"id": source_id})
            raise ResultNotFound from error
        if source.expires_at <= self.now():
            raise ResultNotFound
        return source

    @asynccontextmanager
    async def opened(self, source: TinifySource) -> AsyncIterator[Spool]:
        """The bytes again; ResultNotFound where they were pruned meanwhile or are damaged."""
        chunks = await self.blobs.chunks(_bytes_key(source.id))
        if chunks is None:
            raise ResultNotFound
        with Spool(
            self.spool_directory, max_source_bytes=source.bytes, expected_bytes=source.bytes
        ) as spool:
            async for chunk in chunks:
                spool.write(memoryview(chunk))
            spool.finish()
            if spool.sha256 != source.sha256:
                raise ResultNotFound
            yield spool

    async def sweep(self) -> int:
        """Remove what nobody finds any more; how many blobs those were."""
        before = self.now() - self.ttl
        old = [entry.key async for entry in self.blobs.entries(FOLDER) if entry.used_at < before]
        # A record is written anew whenever its source is sent again; the bytes are not.
        gone = [key for key in old if key.endswith("/record") or not await self._is_held(key, old)]
        for key in gone:
            await self.blobs.delete(key)
        return len(gone)

    async def _is_held(self, key: str, old: list[str]) -> bool:
        record_key = f"{key.rpartition('/')[0]}/record"
        return record_key not in old and await self.blobs.size(record_key) is not None


async def sweep_forever(sources: TinifySources, *, pause_seconds: float = SWEEP_SECONDS) -> None:
    """Now and every ten minutes, until cancelled."""
    while True:
        try:
            await sources.sweep()
        except StoreError:
            log.exception("expired sources of tinify clients could not be removed")
        await asyncio.sleep(pause_seconds)


def _bytes_key(source_id: str) -> str:
    return f"{FOLDER}/{source_id}/source"


def _record_key(source_id: str) -> str:
    return f"{FOLDER}/{source_id}/record"

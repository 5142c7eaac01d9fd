"""Bytes under keys: a local folder, an S3 bucket or this process's memory, by URL.

A write is seen whole or not at all: the local store writes beside the target and renames. It does
not flush to the disk, so after a power cut a file may be short: readers compare what they get with
the record that names it (`contents.py`).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore

from imgproxy_py.store.backends import local_folder, open_store
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.page_cache import read_at_once
from imgproxy_py.store.whole_file import delete_all, write_all

if TYPE_CHECKING:  # a name that exists for type checkers alone
    from obstore import ObjectMeta

# Above this obstore sends an object in parts; below it, parts only cost round trips.
MULTIPART_BYTES = 8 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024


class Buffer(Protocol):
    """Bytes that nobody had to copy: everything that takes bytes-like objects takes this."""

    def __buffer__(self, flags: int, /) -> memoryview: ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobEntry:
    """One blob of a listing.

    `used_at` is when it was read last, to the day or better, where the file system notes that
    (`relatime` does); else when it was written.
    """

    key: str
    bytes: int
    used_at: datetime


class BlobStore:
    """Keys are slash-separated ASCII; StoreError when the store cannot do its work."""

    def __init__(self, url: str) -> None:
        """`file:///folder` (made when missing), `s3://bucket/prefix` or `memory://`."""
        self._folder = local_folder(url)
        self._store = open_store(url) if self._folder is None else LocalStore(self._folder)

    async def put(self, key: str, data: bytes | Buffer) -> None:
        """Keep `data` under `key`; what stood there is replaced in one step."""
        await self.put_all([(key, data)])

    async def put_all(self, items: Sequence[tuple[str, bytes | Buffer]]) -> None:
        """Keep several blobs, in their order: one that names another comes after it."""
        with _reported("writing"):
            if self._folder is not None:
                views = [(key, memoryview(data)) for key, data in items]
                await asyncio.to_thread(write_all, self._folder, views)
                return
            for key, data in items:
                # The memory store keeps the very buffer it is given, so it gets one of its own.
                is_kept = isinstance(self._store, MemoryStore)
                value = bytes(data) if is_kept else memoryview(data)
                await self._store.put_async(key, value, use_multipart=len(data) > MULTIPART_BYTES)

    async def get(self, key: str) -> Buffer | None:
        """All bytes under `key`, or None when there are none."""
        with _reported("reading"):
            try:
                if self._folder is not None:
                    # Keys are ours (`key.py`): hex and slashes, never a name from a request.
                    at_once = read_at_once(f"{self._folder}/{key}")
                    if at_once is not None:
                        return at_once
                answer = await self._store.get_async(key)
                return await answer.bytes_async()
            except FileNotFoundError:
                return None

    async def get_range(self, key: str, start: int, length: int) -> Buffer | None:
        """`length` bytes from `start` on, fewer at the end; None when there is no such blob.

        `start` lies inside the blob: its size is in the record that names it.
        """
        with _reported("reading"):
            try:
                if self._folder is not None:
                    path = f"{self._folder}/{key}"
                    at_once = read_at_once(path, start=start, length=length)
                    if at_once is not None:
                        return at_once
                return await self._store.get_range_async(key, start=start, length=length)
            except FileNotFoundError:
                return None

    async def chunks(self, key: str) -> AsyncIterator[Buffer] | None:
        """The bytes under `key` piece by piece, so that nobody holds a large source whole."""
        with _reported("reading"):
            try:
                answer = await self._store.get_async(key)
            except FileNotFoundError:
                return None
        return _reported_chunks(answer.stream(min_chunk_size=CHUNK_BYTES))

    async def size(self, key: str) -> int | None:
        """How many bytes stand under `key`, or None."""
        with _reported("reading"):
            try:
                if self._folder is not None:
                    return os.stat(f"{self._folder}/{key}").st_size  # like opening it, in get()
                return (await self._store.head_async(key))["size"]
            except FileNotFoundError:
                return None

    @property
    def is_local(self) -> bool:
        """Whether blobs are files of this machine, which `open_file` opens."""
        return self._folder is not None

    def open_file(self, key: str) -> int | None:
        """A descriptor of what stands under `key`, for reading without a copy; the caller closes
        it. None where nothing does, or where blobs are no files."""
        if self._folder is None:
            return None
        with _reported("reading"):
            try:
                return os.open(f"{self._folder}/{key}", os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None

    async def delete(self, key: str) -> None:
        """Forget `key`; it is no error when nothing stood there."""
        with _reported("deleting"):
            try:
                await self._store.delete_async(key)
            except FileNotFoundError:
                return

    async def delete_all(self, keys: Sequence[str]) -> None:
        """Forget several; of a local folder with one hand-over to a thread."""
        if self._folder is None:
            for key in keys:
                await self.delete(key)
            return
        with _reported("deleting"):
            await asyncio.to_thread(delete_all, self._folder, keys)

    async def entries(self, prefix: str | None = None) -> AsyncIterator[BlobEntry]:
        """Every blob, or every one in the folder `prefix`, in no promised order."""
        with _reported("listing"):
            async for found in self._store.list(prefix, chunk_size=1000):
                for entry in await asyncio.to_thread(self._entries, found):
                    yield entry

    def _entries(self, found: "Sequence[ObjectMeta]") -> list[BlobEntry]:
        return [
            BlobEntry(
                key=meta["path"],
                bytes=meta["size"],
                used_at=max(meta["last_modified"], self._read_at(meta["path"])),
            )
            for meta in found
        ]

    def _read_at(self, key: str) -> datetime:
        try:
            seconds = 0.0 if self._folder is None else (self._folder / key).stat().st_atime
        except FileNotFoundError:
            seconds = 0.0
        return datetime.fromtimestamp(seconds, UTC)


async def _reported_chunks(stream: AsyncIterator[Buffer]) -> AsyncIterator[Buffer]:
    with _reported("reading"):
        async for chunk in stream:
            yield chunk


@contextmanager
def _reported(doing: str) -> Iterator[None]:
    """A failure of the store, of the disk or of the network below it, as ours."""
    try:
        yield
    except (BaseError, OSError) as error:
        raise StoreError(doing) from error

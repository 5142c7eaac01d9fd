"""Uploads of jobs that ended together are removed together."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from imgproxy_py.jobs.uploads import UnneededUploads, Uploads
from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.errors import StoreError
from imgproxy_py.store.key import UPLOADS


class CountingUploads(Uploads):
    """Notes what is removed with one call; fails while `is_broken`."""

    calls: list[list[str]]
    is_broken = False

    async def delete(self, ids: Sequence[str]) -> None:
        self.calls.append(list(ids))
        if self.is_broken:
            raise StoreError("deleting")
        await super().delete(ids)


def uploads_in(folder: Path) -> CountingUploads:
    uploads = CountingUploads(BlobStore(folder.as_uri()), spool_directory=folder)
    uploads.calls = []
    return uploads


async def test_those_of_one_moment_go_with_one_call(tmp_path: Path) -> None:
    uploads, blobs = uploads_in(tmp_path), BlobStore(tmp_path.as_uri())
    for name in "abc":
        await blobs.put(f"{UPLOADS}{name}", b"bytes")

    unneeded = UnneededUploads(uploads)
    await asyncio.gather(*(unneeded.forget(name) for name in "abc"))

    assert uploads.calls == [["a", "b", "c"]]
    assert await uploads.stored() == []


async def test_after_a_failure_of_the_store_the_next_ones_go_all_the_same(tmp_path: Path) -> None:
    uploads = uploads_in(tmp_path)
    unneeded = UnneededUploads(uploads)

    uploads.is_broken = True
    await unneeded.forget("a")
    uploads.is_broken = False
    await unneeded.forget("b")

    assert uploads.calls == [["a"], ["b"]]

"""What looking up a record costs on each tier: memory, memcached, a local folder, a bucket.

    python -m benchmarks.look_ups       (half a minute; needs memcached)

All take turns in one run. The bucket is a server in this very process that waits for
`--bucket-ms` before it answers: it stands for the network, not for anybody's product.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.index import BoundedMemoryCache
from imgproxy_py.store.leases import FileLeases, Leases, wait_for
from imgproxy_py.store.memcached import MemcachedCache
from imgproxy_py.store.memcached_leases import MemcachedLeases
from imgproxy_py.store.memcached_servers import MemcachedServers
from imgproxy_py.store.records import Records
from tests.memcached import Memcached, running_memcached
from tests.store.s3 import S3
from tests.store.test_records import RESULT

SECRET = b"of a benchmark"
Way = Callable[[str], Awaitable[object]]


class DistantS3(S3):
    """Answers after a while, as a bucket in another building does."""

    def __init__(self, *, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self._seconds)
        return await super()._answer(request)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--bucket-ms", type=float, default=20.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, running_memcached() as memcached:
        asyncio.run(compare(Path(scratch), memcached, asked.rounds, asked.bucket_ms / 1000))


async def compare(scratch: Path, memcached: Memcached, rounds: int, seconds: float) -> None:
    async with DistantS3(seconds=seconds) as bucket:
        os.environ.update(bucket.environment)
        folder, distant = BlobStore((scratch / "blobs").as_uri()), BlobStore("s3://bucket/prefix")
        servers, nobody = MemcachedServers([memcached.server]), MemcachedServers([("::1", 1)])
        shared = MemcachedCache(servers, secret=SECRET)
        dead = MemcachedCache(nobody, secret=SECRET)
        leases = FileLeases(scratch / "leases"), MemcachedLeases(servers, secret=SECRET)
        remembering = _records(folder, has_memory=True)
        ways = {
            "memory": remembering.result,
            "folder": _records(folder).result,
            "memcached": _records(distant, shared).result,
            "memcached that is dead, then the folder": _records(folder, dead).result,
            "bucket": _records(distant).result,
            "nothing there: folder": _missing(_records(folder)),
            "nothing there: memcached": _missing(_records(distant, shared)),
            "nothing there: bucket": _missing(_records(distant)),
            "lease by file": _lease(leases[0]),
            "lease by memcached": _lease(leases[1]),
        }
        for records in (remembering, _records(distant, shared)):
            await records.put_result(RESULT)
        _tell(await _microseconds(ways, rounds))
        for each in leases:
            await each.close()
        await servers.close()
        await nobody.close()


def _records(
    blobs: BlobStore, shared: MemcachedCache | None = None, *, has_memory: bool = False
) -> Records:
    memory = BoundedMemoryCache(max_bytes=1_000_000 if has_memory else 1)
    return Records(blobs, memory=memory, shared=shared)


def _missing(records: Records) -> Way:
    return lambda result_id: records.result(f"no {result_id}")


def _lease(leases: Leases) -> Way:
    async def take_and_release(key: str) -> None:
        await (await wait_for(leases, f"{key} {time.perf_counter_ns()}")).release()

    return take_and_release


async def _microseconds(ways: dict[str, Way], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began_at = time.perf_counter()
            await way(RESULT.result_id)
            taken[name].append((time.perf_counter() - began_at) * 1e6)
    return taken


def _tell(taken: dict[str, list[float]]) -> None:
    print(f"{'median and 99th percentile, microseconds':42}{'median':>8}{'p99':>8}")
    for name, values in taken.items():
        p99 = statistics.quantiles(values, n=100)[98]
        print(f"{name:42}{statistics.median(values):8.0f}{p99:8.0f}")


if __name__ == "__main__":
    main()

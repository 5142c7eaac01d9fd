"""Every kind of store, so that one suite runs on each, and a memcached of one test's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from imgproxy_py.store.blobs import BlobStore
from imgproxy_py.store.memcached_servers import MemcachedServers
from tests.memcached import Memcached, running_memcached
from tests.store.s3 import S3


@pytest.fixture(params=["local folder", "memory", "S3"])
async def blobs(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BlobStore]:
    if request.param == "local folder":
        yield BlobStore((tmp_path / "a folder").as_uri())
        return
    if request.param == "memory":
        yield BlobStore("memory://")
        return
    async with S3() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield BlobStore("s3://bucket/prefix")


@pytest.fixture
def memcached() -> Iterator[Memcached]:
    with running_memcached() as memcached:
        yield memcached


@pytest.fixture
async def servers(memcached: Memcached) -> AsyncIterator[MemcachedServers]:
    servers = MemcachedServers([memcached.server])
    yield servers
    await servers.close()

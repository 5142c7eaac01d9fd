"""Every kind of store, so that one suite runs on each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from imgproxy_py.store.blobs import BlobStore
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

"""The ZIP of a batch: one download, which goes on where it broke off."""

import asyncio
import os
import tempfile
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from imgproxy_py.cli.push.batch import Batch
from imgproxy_py.cli.push.client import Request
from imgproxy_py.cli.push.errors import PushError

_READ_BYTES = 1 << 18


async def fetch_archive(batch: Batch, path: Path) -> None:
    """Write the archive to `path`, whole or not at all. Raises PushError and OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        download = _Download(batch=batch, handle=handle)
        await batch.client.persist(download.request, download.read)
        fault = await asyncio.to_thread(_first_fault, Path(name))
        if fault is not None:
            raise PushError(f"the archive arrived damaged ({fault}); run the same command again")
        os.chmod(name, 0o644)
        os.replace(name, path)
    finally:
        os.close(handle)
        with suppress(FileNotFoundError):
            os.unlink(name)


@dataclass(slots=True, kw_only=True)
class _Download:
    """What has come so far, and the validator of the archive that it belongs to."""

    batch: Batch
    handle: int
    received_bytes: int = 0
    etag: str = ""

    def request(self) -> Request:
        """The rest, if it is still the same archive (RFC 9110, 13.1.5)."""
        headers = {}
        if self.received_bytes and self.etag:
            headers = {"Range": f"bytes={self.received_bytes}-", "If-Range": self.etag}
        return Request(path=f"{self.batch.path}/zip", headers=headers)

    async def read(self, response: aiohttp.ClientResponse) -> None:
        if response.status != 206:
            self.received_bytes = 0
        self.etag = response.headers.get("ETag", "")
        async for data in response.content.iter_chunked(_READ_BYTES):
            await asyncio.to_thread(os.pwrite, self.handle, data, self.received_bytes)
            self.received_bytes += len(data)
        os.ftruncate(self.handle, self.received_bytes)


def _first_fault(path: Path) -> str | None:
    """Every checksum in the archive is looked at."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except zipfile.BadZipFile as error:
        return str(error)
    return None if damaged is None else f"its file {damaged}"

"""Many small results in one answer: the batch's archive, of these files alone."""

import asyncio
import hashlib
import io
import zipfile
from collections.abc import Mapping

import aiohttp

from imgproxy_py.cli.push.batch import Batch, Made, receipt_of
from imgproxy_py.cli.push.client import Request
from imgproxy_py.cli.push.errors import Refused

# Of an entry's two headers and its name, and of the archive's end.
_HEADER_BYTES = 256


async def fetch_together(batch: Batch, wanted: Mapping[int, Made]) -> dict[int, bytes]:
    """Results by the numbers of their files, as far as the server gives just what was promised.

    What is missing is worth a question of its own: it may be gone, or a better one now.
    """
    max_bytes = sum(made.result_bytes + _HEADER_BYTES for made in wanted.values()) + _HEADER_BYTES

    async def read(response: aiohttp.ClientResponse) -> bytes:
        if response.content_length is None or response.content_length > max_bytes:
            return b""
        return await response.read()

    numbers = ",".join(map(str, wanted))
    request = Request(path=f"{batch.path}/zip?numbers={numbers}")
    try:
        data = await batch.client.persist(lambda: request, read)
    except Refused:
        return {}
    return await asyncio.to_thread(_unpacked, data, wanted)


def _unpacked(data: bytes, wanted: Mapping[int, Made]) -> dict[int, bytes]:
    results = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                number = entry.filename.partition(".")[0]
                if number.isdecimal() and int(number) in wanted:
                    results[int(number)] = archive.read(entry)
    except zipfile.BadZipFile:
        return {}
    return {number: each for number, each in results.items() if _is_promised(each, wanted[number])}


def _is_promised(data: bytes, made: Made) -> bool:
    receipt = receipt_of(made.receipt)
    return receipt is not None and hashlib.sha256(data).hexdigest() == receipt.result_sha256

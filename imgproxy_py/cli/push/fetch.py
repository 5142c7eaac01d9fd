"""Results on their way back, each checked against what its receipt says of it."""

import asyncio
import hashlib
from dataclasses import dataclass

import aiohttp

from imgproxy_py.cli.push.batch import Made, receipt_of
from imgproxy_py.cli.push.client import Client, Request
from imgproxy_py.cli.push.errors import Refused, ResultLost
from imgproxy_py.engine.receipt import HEADER

# Far above what the server takes for a source.
MAX_RESULT_BYTES = 1 << 29
# Hashed in less time than it takes to ask a thread.
_QUICK_BYTES = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The bytes of a result, and the receipt that came with them."""

    data: bytes
    receipt: str


async def fetch(client: Client, made: Made) -> Fetched:
    """Raises ResultLost when it is gone; a broken or wrong answer is asked for again."""

    async def read(response: aiohttp.ClientResponse) -> Fetched:
        if (response.content_length or 0) > MAX_RESULT_BYTES:
            raise ValueError(f"a result of {response.content_length} bytes")
        data = await response.read()
        receipt = response.headers.get(HEADER, "")
        if len(data) < _QUICK_BYTES:
            _check(data, receipt, made)
        else:
            await asyncio.to_thread(_check, data, receipt, made)
        return Fetched(data=data, receipt=receipt or made.receipt)

    try:
        # The address itself is the permission: no key goes there.
        return await client.persist(lambda: Request(path=made.path, sends_key=False), read)
    except Refused as refused:
        if refused.status in (404, 410):
            raise ResultLost from refused
        raise


def _check(data: bytes, receipt: str, made: Made) -> None:
    """What came must be what was promised, or a better result that took its place since."""
    found = receipt_of(receipt)
    if found is None:
        if len(data) != made.result_bytes:
            raise ValueError(f"{len(data)} bytes came instead of {made.result_bytes}")
    elif hashlib.sha256(data).hexdigest() != found.result_sha256:
        raise ValueError("the result does not have the hash that its receipt names")

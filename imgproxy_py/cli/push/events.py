"""News of a batch, by Server-Sent Events (HTML, section 9.2).

They only say that it is time to look: what has ended is read from the batch itself. So where a
proxy holds events back or the server has none to give, looking now and then is all that is left.
"""

import asyncio
from collections.abc import Callable

import aiohttp

from imgproxy_py.cli.push.batch import Batch
from imgproxy_py.cli.push.client import Request

# Before the stream is opened again: after its end, and after trouble.
_REOPEN_SECONDS = 1.0
_TROUBLE_SECONDS = 5.0


async def follow(batch: Batch, news: Callable[[bool], None]) -> None:
    """Call `news` whenever something has changed, until canceled; it is told whether everything
    that was sent so far is done."""
    request = Request(path=f"{batch.path}/events", headers={"Accept": "text/event-stream"})
    while True:
        pause = _TROUBLE_SECONDS
        try:
            async with batch.client.opened(request) as response:
                if response.status == 200:
                    await _read(response, news)
                    pause = _REOPEN_SECONDS
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            pass  # whoever looks at the batch meets the same trouble, and tells
        await asyncio.sleep(pause)


async def _read(response: aiohttp.ClientResponse, news: Callable[[bool], None]) -> None:
    async for line in response.content:
        if line.startswith(b"event:"):
            news(line[6:].strip() == b"done")

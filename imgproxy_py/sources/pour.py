"""Reading a request's body with a limit on the silence between two chunks."""

import asyncio
from collections.abc import AsyncIterator, Callable

from imgproxy_py.sources.errors import UploadTimeout


async def pour(
    chunks: AsyncIterator[bytes],
    write: Callable[[bytes], None],
    *,
    idle_timeout_seconds: float | None,
) -> int:
    """Hand every chunk to `write`; returns how many bytes there were."""
    clock = asyncio.get_running_loop().time
    poured = 0
    limit = asyncio.timeout(idle_timeout_seconds)
    try:
        async with limit:
            async for chunk in chunks:
                poured += len(chunk)
                if chunk:
                    write(chunk)
                    if idle_timeout_seconds is not None:
                        limit.reschedule(clock() + idle_timeout_seconds)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise UploadTimeout("the upload stopped before it was complete") from error
    return poured

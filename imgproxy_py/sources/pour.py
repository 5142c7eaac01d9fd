"""Reading a request's body with a limit on the silence between two chunks, and on the whole."""

import asyncio
from collections.abc import AsyncIterator, Callable

from imgproxy_py.sources.errors import UploadTimeout


async def pour(
    chunks: AsyncIterator[bytes],
    write: Callable[[bytes], None],
    *,
    idle_timeout_seconds: float | None,
    total_timeout_seconds: float | None = None,
) -> int:
    """Hand every chunk to `write`; returns how many bytes there were. Raises UploadTimeout."""
    clock = asyncio.get_running_loop().time
    poured = 0
    idle = asyncio.timeout(idle_timeout_seconds)
    total = asyncio.timeout(total_timeout_seconds)
    try:
        async with total, idle:
            async for chunk in chunks:
                poured += len(chunk)
                if chunk:
                    write(chunk)
                    if idle_timeout_seconds is not None:
                        idle.reschedule(clock() + idle_timeout_seconds)
    except TimeoutError as error:
        if total.expired():
            told = f"the upload took longer than {total_timeout_seconds:g} s"
            raise UploadTimeout(told) from error
        if idle.expired():
            raise UploadTimeout("the upload stopped before it was complete") from error
        raise
    return poured

"""What runs beside the requests for as long as the server does."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress


def keep_running(stack: AsyncExitStack, loop: Coroutine[None, None, None]) -> None:
    """Begin `loop`, which never ends by itself; `stack` cancels it and waits until it is gone."""
    task = asyncio.create_task(loop)

    async def stop() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(stop)

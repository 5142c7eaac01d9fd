"""Waiting for work: until somebody says that there is some, and now and then all the same."""

import asyncio


async def heard(news: asyncio.Event, *, within_seconds: float) -> None:
    """Return at the news, or when the time is over; the news is old afterwards either way."""
    try:
        async with asyncio.timeout(within_seconds):
            await news.wait()
    except TimeoutError:
        pass
    news.clear()

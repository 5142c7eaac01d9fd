"""Work that is given up as soon as nobody waits for it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from imgproxy_py.web.incoming import ClientLeft, Incoming

T = TypeVar("T")


async def while_present(incoming: Incoming, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; ClientLeft, and the work is given up, once the client has left."""
    working = asyncio.ensure_future(work)
    left = asyncio.ensure_future(incoming.until_left())
    try:
        await asyncio.wait({working, left}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientLeft
    finally:
        left.cancel()
        if not working.done():
            # Its charge is given back before the end of the connection counts as the call's.
            working.cancel()
            await asyncio.wait({working})

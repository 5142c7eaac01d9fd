"""A long answer on its way out: it ends with its client, and waits for no client for ever."""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any

from imgproxy_py.web.incoming import Incoming
from imgproxy_py.web.reply import Reply, Send, send_reply

log = logging.getLogger(__name__)

# A client that takes nothing for this long has stalled. What waits to be taken is a few hundred
# kilobytes, which a phone on the slowest network takes in less.
STALLED_SECONDS = 60.0


async def send_while_present(
    send: Send,
    reply: Reply,
    incoming: Incoming,
    *,
    method: str,
    stalled_seconds: float = STALLED_SECONDS,
) -> None:
    """Send a reply that streams, until it ends or its client leaves; its stream is closed then.

    Hypercorn throws away what is sent to a client that has left, and says so only to who asks for
    the next message. An answer that fails on its way is broken off: the connection is closed before
    the end that its head has promised.
    """

    async def send_in_time(message: MutableMapping[str, Any]) -> None:
        async with asyncio.timeout(stalled_seconds):
            await send(message)

    sending = asyncio.create_task(send_reply(send_in_time, reply, method=method))
    leaving = asyncio.create_task(incoming.until_left())
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leaving.cancel()
        sending.cancel()
        await asyncio.wait({sending, leaving})
    if not sending.cancelled() and (error := sending.exception()) is not None:
        reason = "the client stalled" if isinstance(error, TimeoutError) else str(error)
        log.warning("an answer was broken off: %s", reason, exc_info=error)

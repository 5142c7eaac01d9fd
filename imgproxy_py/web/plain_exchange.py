"""A plain read that takes time: its story in one task, without h11 and the queues behind it.

What else the client sends waits until it is answered, as hypercorn has it; that the client has left
is told to the story at once. h11 stands between two requests meanwhile, and knows nothing of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol

from imgproxy_py.web.at_once import Ready, Story

log = logging.getLogger(__name__)

_AT_WORK = "_at_work"

_Write = Callable[[H11Protocol, Ready], Awaitable[None]]


class PlainExchange:
    """One request at work. To its story it is the `receive` of ASGI: a request without a body."""

    def __init__(self) -> None:
        self.has_ended = asyncio.Event()
        self._has_left = asyncio.Event()
        self._is_read = False

    @property
    def has_left(self) -> bool:
        return self._has_left.is_set()

    def leave(self) -> None:
        self._has_left.set()

    async def receive(self) -> MutableMapping[str, Any]:
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._has_left.wait()
        return {"type": "http.disconnect"}


async def begin(protocol: H11Protocol, story: Story, write: _Write) -> None:
    """Have the story told in a task of its own; `write` writes what it gives."""
    exchange = vars(protocol)[_AT_WORK] = PlainExchange()
    await protocol.send(Updated(idle=False))
    protocol.task_group.spawn(_told, protocol, exchange, story, write)


async def waited_out(protocol: H11Protocol, event: Event) -> None:
    """Hold up what came behind a request that is at work; its story hears of the end."""
    exchange: PlainExchange | None = vars(protocol).get(_AT_WORK)
    if exchange is None:
        return
    if isinstance(event, RawData) and event.data:
        await exchange.has_ended.wait()
    elif isinstance(event, RawData | Closed):  # hypercorn hands over nothing at the end
        exchange.leave()


async def _told(
    protocol: H11Protocol, exchange: PlainExchange, story: Story, write: _Write
) -> None:
    is_answered = False
    try:
        answer = await story(exchange.receive)
        if answer is not None:
            await write(protocol, answer)
            is_answered = True
    except Exception:
        log.exception("an answer could not be written")
    finally:
        del vars(protocol)[_AT_WORK]
        exchange.has_ended.set()
        if not is_answered:
            await protocol.send(Updated(idle=True))
        # Nobody else closes what was at work when the client left, or when the server was told to
        # stop.
        if not is_answered or exchange.has_left or protocol.context.terminated.is_set():
            await protocol.send(Closed())

"""The ASGI shell: cuts the raw path before any router decodes it.

Decoded paths lose what matters (`%2F` in a source URL, for one), so image URLs never reach the
router; reserved first segments do.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from imgproxy_py.store.contents import MAX_REMEMBERED_BYTES
from imgproxy_py.web.api.surface import ApiSurface
from imgproxy_py.web.at_once import LatelyAtHand, Ready, Story, result_at_once
from imgproxy_py.web.errors import ServerStopping
from imgproxy_py.web.exchange import Exchange, Sending, log_answer
from imgproxy_py.web.incoming import ClientLeft, Incoming
from imgproxy_py.web.problems import status_of
from imgproxy_py.web.reply import (
    SAFE_HEADERS,
    Receive,
    Reply,
    Scope,
    Send,
    body_of,
    is_hit,
    lines_of,
    ready_of,
    send_head,
    send_reply,
)
from imgproxy_py.web.request_head import RequestHead, head_of, read_head
from imgproxy_py.web.stored_results import PREFIX as RESULTS_PREFIX
from imgproxy_py.web.stored_results import ResultSurface
from imgproxy_py.web.streaming import send_while_present
from imgproxy_py.web.url_surface import UrlSurface
from options_grammar import RESERVED_SEGMENTS

log = logging.getLogger(__name__)
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The common way would count such a hit a second time when it tells why it is refused.
_MAY_BE_REFUSED = {b"range", b"if-match", b"if-unmodified-since"}

PREFLIGHT = Reply(
    status=204,
    headers=(
        ("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE, OPTIONS"),
        ("Access-Control-Allow-Headers", "*"),
        ("Access-Control-Max-Age", "86400"),
        *SAFE_HEADERS,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Image URLs, results and the API are answered here; what else is reserved by `router`."""

    urls: UrlSurface
    results: ResultSurface
    api: ApiSurface
    router: App
    lately: LatelyAtHand = field(default_factory=LatelyAtHand)

    def at_once(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> Ready | None:
        """The answer of a stored result that is at hand (`connection.py` asks); it is logged."""
        if target not in self.lately:
            return None
        raw_path, _, query = target.partition(b"?")
        head = head_of(method, raw_path, query, headers)
        if not _MAY_BE_REFUSED.isdisjoint(head.headers):
            return None
        began_at = time.monotonic()
        reply = result_at_once(self._at_hand(head))
        if reply is None:
            self.lately.discard(target)
            return None
        ready = ready_of(reply, method)
        log_answer(head, status=reply.status, sent_bytes=len(ready.body), began_at=began_at)
        return ready

    async def _at_hand(self, head: RequestHead) -> Reply | None:
        if head.raw_path.startswith(RESULTS_PREFIX):
            return await self.results.reply(head)
        return await self.urls.at_hand(head)

    def story(
        self, method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]
    ) -> Story | None:
        """How an image or a result is answered that is not at hand; nothing else has a story here:
        some answers of the API stream."""
        raw_path, _, query = target.partition(b"?")
        if self._is_for_router(raw_path) or self.api.knows(raw_path):
            return None
        return partial(self._told, head_of(method, raw_path, query, headers))

    async def _told(self, head: RequestHead, receive: Receive) -> Ready | None:
        exchange = Exchange(head)
        try:
            reply = await self._reply(head, Incoming(receive))
        except ClientLeft:
            return None
        except asyncio.CancelledError:  # the end of the drain (server.py)
            reply = self.api.refusal(head, ServerStopping())
        self._note_hit(head, reply)
        ready = ready_of(reply, head.method)
        exchange.log(status=reply.status, sent_bytes=len(ready.body))
        if named := exchange.named(reply.status):
            ready = replace(ready, lines=ready.lines + lines_of(named))
        return ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.router(scope, receive, send)
        head = read_head(scope)
        sending = Sending(Exchange(head), send)
        try:
            await self._answer(scope, head, receive, sending.send)
        except asyncio.CancelledError:  # the end of the drain (server.py)
            if not sending.is_answered:
                told = self.api.refusal(head, ServerStopping())
                await send_reply(sending.send, told, method=head.method)
            raise
        finally:
            sending.log()

    async def _answer(self, scope: Scope, head: RequestHead, receive: Receive, send: Send) -> None:
        if self._is_for_router(head.raw_path):
            scope["path"] = head.raw_path.decode("latin-1")
            return await self.router(scope, receive, send)
        incoming = Incoming(receive)
        try:
            reply = await self._reply(head, incoming)
        except ClientLeft:
            return None
        if reply.stream is not None:
            return await send_while_present(send, reply, incoming, method=head.method)
        self._note_hit(head, reply)
        if not head.may_have_body:
            return await send_reply(send, reply, method=head.method)
        return await _send_while_reading(send, reply, head, incoming)

    def _note_hit(self, head: RequestHead, reply: Reply) -> None:
        if is_hit(reply) and len(reply.body) <= MAX_REMEMBERED_BYTES:
            self.lately.add(head.target_bytes)

    def _is_for_router(self, raw_path: bytes) -> bool:
        """What is reserved, but for results and the API: their bodies and errors are treated like
        an image's."""
        first = raw_path[1:].partition(b"/")[0]
        is_reserved = raw_path == b"/" or first.decode("latin-1") in RESERVED_SEGMENTS
        is_ours = raw_path.startswith(RESULTS_PREFIX) or self.api.knows(raw_path)
        return is_reserved and not is_ours

    async def _reply(self, head: RequestHead, incoming: Incoming) -> Reply:
        if head.method == "OPTIONS":
            return PREFLIGHT
        try:
            if head.raw_path.startswith(RESULTS_PREFIX):
                return await self.results.reply(head)
            if self.api.knows(head.raw_path):
                return await self.api.reply(head, incoming)
            return await self.urls.reply(head, incoming)
        except ClientLeft:
            raise
        except Exception as error:
            if status_of(error) == 500:
                log.exception("unexpected error")
            return self.api.refusal(head, error)


async def _send_while_reading(
    send: Send, reply: Reply, head: RequestHead, incoming: Incoming
) -> None:
    """The answer, for a client that may still be sending (a refused upload, for one)."""
    async with incoming.discarding():
        await send_head(send, reply)
        body = body_of(reply, head.method)
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await incoming.linger()
        await send({"type": "http.response.body", "body": b""})

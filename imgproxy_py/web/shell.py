"""The ASGI shell: cuts the raw path before any router decodes it.

Decoded paths lose what matters (`%2F` in a source URL, for one), so image URLs never reach the
router; reserved first segments do.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from imgproxy_py.telemetry.logs import request_id
from imgproxy_py.web.problems import problem_reply, status_of
from imgproxy_py.web.reply import SAFE_HEADERS, Receive, Reply, Scope, Send, send_reply
from imgproxy_py.web.request_head import RequestHead, read_head
from imgproxy_py.web.stored_results import PREFIX as RESULTS_PREFIX
from imgproxy_py.web.stored_results import ResultSurface
from imgproxy_py.web.url_surface import ClientLeft, UrlSurface
from options_grammar import RESERVED_SEGMENTS

log = logging.getLogger(__name__)
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PREFLIGHT = Reply(
    status=204,
    headers=(
        ("Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS"),
        ("Access-Control-Allow-Headers", "*"),
        ("Access-Control-Max-Age", "86400"),
        *SAFE_HEADERS,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Image URLs and results are answered here; everything reserved goes to `router`."""

    urls: UrlSurface
    results: ResultSurface
    router: App

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.router(scope, receive, send)
        head = read_head(scope)
        first = head.raw_path[1:].partition(b"/")[0]
        if head.raw_path.startswith(RESULTS_PREFIX):
            return await self._answer(head, send, lambda: self.results.reply(head))
        if not first or first.decode("latin-1") in RESERVED_SEGMENTS:
            scope["path"] = head.raw_path.decode("latin-1")
            return await self.router(scope, receive, send)
        return await self._answer(head, send, lambda: self.urls.reply(head, receive))

    async def _answer(
        self, head: RequestHead, send: Send, reply: Callable[[], Awaitable[Reply]]
    ) -> None:
        request_id.set(secrets.token_hex(8))
        if head.method == "OPTIONS":
            return await send_reply(send, PREFLIGHT)
        try:
            answer = await reply()
        except ClientLeft:
            return None
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if status_of(error) == 500:
                log.exception("unexpected error")
            answer = problem_reply(error, accept=head.accept)
        return await send_reply(send, answer, method=head.method)

"""`POST /api/v1/verify`: does this receipt speak the truth about these two pictures?"""

import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.service.request import Request
from imgproxy_py.service.source import SourceOpener
from imgproxy_py.service.verify import VERIFY_SECONDS, Turns, Verifier
from imgproxy_py.sources.spool import Spool
from imgproxy_py.web.api.body import BodyLimits
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.reply import SAFE_HEADERS, Reply
from imgproxy_py.web.request_head import RequestHead
from imgproxy_py.web.verify_body import read_body
from options_grammar import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyApi:
    """URLs are opened as those of any request: by the guarded fetcher, or from inside."""

    verifier: Verifier
    sources: SourceOpener
    limits: BodyLimits
    turns: Turns = field(default_factory=Turns)

    def routes(self) -> tuple[Route, ...]:
        """Whoever holds a receipt may have it checked: no key is asked for."""
        return (
            Route(method="POST", template="/api/v1/verify", handler=self._verify, needs_key=False),
        )

    async def _verify(self, call: ApiCall) -> Reply:
        with self.turns:
            return await self._verified(call)

    async def _verified(self, call: ApiCall) -> Reply:
        head = call.head
        body = await read_body(
            call.incoming.chunks(), content_type=head.content_type, limits=self.limits
        )
        async with AsyncExitStack() as pictures:
            pictures.callback(body.close)
            receipt = Receipt.parse(body.receipt)
            deadline = time.monotonic() + VERIFY_SECONDS
            source = await self._opened(body.source, head, deadline, pictures)
            result = await self._opened(body.result, head, deadline, pictures)
            told = await self.verifier.verify(source, result, receipt, deadline=deadline)
        return Reply(
            status=200,
            headers=(
                ("Content-Type", "application/json"),
                ("Cache-Control", "no-store"),
                *SAFE_HEADERS,
            ),
            body=json.dumps(told.as_json()).encode(),
        )

    async def _opened(
        self, picture: Spool | str, head: RequestHead, deadline: float, pictures: AsyncExitStack
    ) -> Spool:
        if isinstance(picture, Spool):
            return picture
        request = Request(
            username="",  # nobody's in particular; an own URL is authorized by the name in it
            options=Options(),
            deadline=deadline,
            source_url=picture,
            hops=head.hops,
        )
        source = await pictures.enter_async_context(self.sources.open(request))
        await source.arrived()
        return source.spool

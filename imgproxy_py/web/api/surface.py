"""The API: who asks, whether they may ask that often, and the handler that answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.accounts.rate_limit import RateState
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.key_header import api_key_of
from imgproxy_py.web.api.rate_headers import rate_headers
from imgproxy_py.web.api.routes import Route, RouteTable
from imgproxy_py.web.incoming import Incoming
from imgproxy_py.web.problems import problem_reply, status_of
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import RequestHead


class Keys(Protocol):
    async def identify(self, plaintext: str) -> Identity:
        """Who a key belongs to; ApiKeyInvalid, or AccountDisabled."""
        ...


class Limiter(Protocol):
    def take(self, identity: Identity) -> RateState:
        """Count one request for work, when it is within the limits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSurface:
    """`refusals` tell errors below a first segment, `shrink`, in a form of their own."""

    table: RouteTable
    keys: Keys
    limiter: Limiter
    refusals: Mapping[str, Callable[[Exception], Reply]] = field(default_factory=dict)

    def knows(self, raw_path: bytes) -> bool:
        return self.table.knows(raw_path)

    def refusal(self, head: RequestHead, error: Exception) -> Reply:
        """An error in the form that the clients of this address read."""
        told = self.refusals.get(head.raw_path[1:].partition(b"/")[0].decode("latin-1"))
        if told is not None:
            return told(error)
        return problem_reply(error, accept=head.accept, asked=head.target)

    async def reply(self, head: RequestHead, incoming: Incoming) -> Reply:
        """The whole exchange; raises whatever `web/problems.py` has a row for."""
        route, parameters = self.table.find(head.method, head.raw_path)
        call = ApiCall(head=head, incoming=incoming, parameters=parameters)
        if not route.needs_key:
            return await route.handler(call)
        identity = await self.keys.identify(api_key_of(head))
        call = replace(call, identity=identity)
        if not route.asks_for_work:
            return await route.handler(call)
        return await self._limited(route, call, identity)

    async def _limited(self, route: Route, call: ApiCall, identity: Identity) -> Reply:
        """Headers of the rate limits stand on errors too: clients slow down by them."""
        state = self.limiter.take(identity)
        try:
            state.require_allowed()
            reply = await route.handler(call)
        except Exception as error:
            if status_of(error) == 500:
                raise
            reply = problem_reply(error, accept=call.head.accept, asked=call.head.target)
        return replace(reply, headers=(*reply.headers, *rate_headers(state)))

"""One call of the API, as its handler sees it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import parse_qsl

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.telemetry.logs import request_id
from imgproxy_py.web.incoming import Incoming
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import RequestHead

MAX_QUERY_FIELDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """`parameters` are the named segments of the route, percent-decoded once.

    `identity` is None only on routes that need no key.
    """

    head: RequestHead
    incoming: Incoming
    identity: Identity | None = None
    parameters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def caller(self) -> Identity:
        """Who asks, on a route that needs a key."""
        assert self.identity is not None
        return self.identity

    @property
    def request_id(self) -> str:
        return request_id.get()

    def query(self) -> list[tuple[str, str]]:
        """The query's fields as they came, repeated ones too. ValueError for too many."""
        text = self.head.query.decode("latin-1")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)


Handler = Callable[[ApiCall], Awaitable[Reply]]

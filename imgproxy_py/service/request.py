"""What a surface hands to the service: who asks, for what, of which source, until when."""

from dataclasses import dataclass

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.sources.patterns import SourcePattern
from imgproxy_py.sources.spool import Spool
from options_grammar import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`deadline` is a moment of `time.monotonic`. Exactly one of `source_url` and `upload` is set.

    `warnings` are the grammar's; they belong to this request and not to the result.
    `hops` counts own URLs nested in one another, and proxies of our kind in front.

    `signature` is what stands after the username's colon, and `signed_rest` the request target
    from the slash after it on; `referrer` is the header as it came. Admission adds what the account
    allows: `allowed_sources` (empty for all), and when the URL itself ends, in Unix seconds.
    `only_if_cached`: no work may be done for it (RFC 9111, 5.2.1.7). `may_be_unread`: a stored
    result will be sent by somebody who has its file.
    """

    username: str
    options: Options
    deadline: float
    source_url: str | None = None
    upload: Spool | None = None
    upload_name: str | None = None
    accepts: frozenset[ImageFormat] = frozenset()
    warnings: tuple[str, ...] = ()
    hops: int = 0
    only_if_cached: bool = False
    may_be_unread: bool = False
    signature: str | None = None
    signed_rest: str = ""
    referrer: str | None = None
    allowed_sources: tuple[SourcePattern, ...] = ()
    url_expires_at: float | None = None

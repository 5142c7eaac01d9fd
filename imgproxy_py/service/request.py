"""What a surface hands to the service: who asks, for what, of which source, until when."""

from dataclasses import dataclass

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.sources.spool import Spool
from options_grammar import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`deadline` is a moment of `time.monotonic`. Exactly one of `source_url` and `upload` is set.

    `warnings` are the grammar's; they belong to this request and not to the result.
    `hops` counts own URLs nested in one another, and proxies of our kind in front.
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

"""What the JSON surface and jobs hand to the service: a request, and what becomes of its result."""

from dataclasses import dataclass

from imgproxy_py.accounts.identity import Identity
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.service.filename import stem_of
from imgproxy_py.service.request import Request
from imgproxy_py.sources.spool import Spool
from options_grammar import Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One picture to optimize. Exactly one of `source_url` and `upload` is set.

    `deadline` is a moment of `time.monotonic`. `warnings` are those of reading the fields.
    `accepts` are formats that the client takes beside those that every client shows.
    `keeps_result` puts it in the account's library, where it does not expire.
    `reservation_id` names an image of the quota that is reserved already (a job's own id); without
    it one is reserved while the engine works. An upload is closed by whoever made the order.
    """

    identity: Identity
    options: Options
    deadline: float
    source_url: str | None = None
    upload: Spool | None = None
    upload_name: str | None = None
    accepts: frozenset[ImageFormat] = frozenset()
    warnings: tuple[str, ...] = ()
    keeps_result: bool = False
    reservation_id: str | None = None
    hops: int = 0

    def __post_init__(self) -> None:
        if (self.source_url is None) == (self.upload is None):
            raise ValueError("an order has one source, a URL or an upload")
        if self.options.wants_meta:
            raise ValueError("an order is for a picture, not for facts about one")

    @property
    def stem(self) -> str:
        """The name under which the result may be saved, without an extension."""
        return stem_of(self.source_url if self.upload is None else self.upload_name)

    def request(self) -> Request:
        """The order as the story of every request is told of it."""
        return Request(
            username=self.identity.account.username,
            options=self.options,
            deadline=self.deadline,
            source_url=self.source_url,
            upload=self.upload,
            upload_name=self.upload_name,
            accepts=self.accepts,
            warnings=self.warnings,
            hops=self.hops,
        )

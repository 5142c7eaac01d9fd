"""A page or document that stays the same for as long as the server runs."""

import hashlib
from dataclasses import dataclass, field

from imgproxy_py.web.conditional import Conditions, is_not_modified
from imgproxy_py.web.reply import SAFE_HEADERS, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`policy` is its Content-Security-Policy, where it needs more than nothing. It is asked for
    anew each time, unless `cache_control` says otherwise."""

    body: bytes
    media_type: str
    policy: str | None = None
    cache_control: str = "no-cache"
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.body).hexdigest()[:32]}"')

    def reply(self, conditions: Conditions) -> Reply:
        """The document, or 304 for who has it already; raises PreconditionFailed."""
        safe = dict(SAFE_HEADERS)
        if self.policy is not None:
            safe["Content-Security-Policy"] = self.policy
        headers = (
            ("Content-Type", self.media_type),
            ("Cache-Control", self.cache_control),
            ("ETag", self.etag),
            *safe.items(),
        )
        if is_not_modified(conditions, etag=self.etag, modified_at=None):
            return Reply(status=304, headers=headers)
        return Reply(status=200, headers=headers, body=self.body)

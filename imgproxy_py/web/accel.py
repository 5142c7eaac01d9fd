"""Handing a stored result over to an nginx in front, which sends the file itself.

nginx says with `X-Accel-Capable` that it can, and for which location (`deploy/nginx-accel.conf`).
The answer then has all its headers, no body, and `X-Accel-Redirect` with the file's place in that
location (nginx, ngx_http_upstream: "X-Accel-Redirect performs an internal redirect").
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from imgproxy_py.service.response import ImageAnswer
from imgproxy_py.store.contents import MAX_REMEMBERED_BYTES
from imgproxy_py.store.key import LIBRARY, contents_path
from imgproxy_py.web.reply import Reply
from imgproxy_py.web.request_head import RequestHead

CAPABLE = b"x-accel-capable"

_SHELVES = ("", LIBRARY)

# What nginx says itself, by status: it finds the range again, as the request asks for it.
_NGINX_WRITES = {200: "Accept-Ranges", 206: "Content-Range"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accel:
    """`location` is the setting ACCEL_REDIRECT, empty for off; `folder` is where results lie."""

    location: str = ""
    folder: Path = Path()

    def is_offered(self, head: RequestHead) -> bool:
        """Whether nginx may send what answers this request: then it need not be read here."""
        if not self.location or head.headers.get(CAPABLE) != self.location:
            return False
        # nginx knows other validators: conditions that did not refuse here are none of its own.
        # HEAD has no body, and other methods would become GET.
        conditions = head.conditions
        refusing = (conditions.if_match, conditions.if_unmodified_since)
        return head.method == "GET" and refusing == (None, None)

    def handed_over(self, reply: Reply, answer: ImageAnswer, head: RequestHead) -> Reply:
        """The reply without its body, where nginx may send it; else the reply as it is."""
        if not self.is_offered(head) or answer.is_made:
            return reply
        # Up to there memory has it: looking for the file costs what sending it does (docs/cdn.md).
        if answer.record.bytes <= MAX_REMEMBERED_BYTES:
            return reply
        # A range that was not understood here may be one there.
        is_whole = reply.status == 200 and head.conditions.range is None
        if not (is_whole or reply.status == 206) or _has_repeated(reply):
            return reply
        place = self._place(answer)
        if place is None:
            return reply
        kept = (field for field in reply.headers if field[0] != _NGINX_WRITES[reply.status])
        return Reply(status=200, headers=(*kept, ("X-Accel-Redirect", self.location + place)))

    def _place(self, answer: ImageAnswer) -> str | None:
        """Where the very bytes lie, in the folder of results; None when they no longer do: memory
        may outlive the file."""
        for shelf in _SHELVES:
            place = shelf + contents_path(answer.record.sha256)
            try:
                if (self.folder / place).stat().st_size == answer.record.bytes:
                    return place
            except FileNotFoundError:
                continue
        return None


NO_ACCEL = Accel()


def _has_repeated(reply: Reply) -> bool:
    """nginx before 1.23 puts back the first of several fields of one name."""
    return any(count > 1 for count in Counter(name for name, _ in reply.headers).values())

"""What goes out for one request: its id beside an error, and one line in the log."""

import logging
import re
import secrets
import time
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from imgproxy_py.telemetry.logs import request_id
from imgproxy_py.telemetry.redact import redacted
from imgproxy_py.web.reply import Send
from imgproxy_py.web.request_head import RequestHead

log = logging.getLogger("imgproxy_py.web")
MAX_TARGET_CHARACTERS = 300
# A request target that came by HTTP/2 may hold anything; a line of the log may not.
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")


class Exchange:
    """One request and its answer. Begins a new request id for everything that is logged."""

    def __init__(self, head: RequestHead, send: Send) -> None:
        self._head = head
        self._send = send
        self._began_at = time.monotonic()
        self._request_id = new_request_id()
        self._status = 0
        self._sent_bytes = 0
        request_id.set(self._request_id)

    @property
    def is_answered(self) -> bool:
        """The status is on its way: another answer cannot be given."""
        return self._status > 0

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if self._status >= 400:
                message = {**message, "headers": [*message["headers"], *self._named()]}
        else:
            self._sent_bytes += len(message.get("body", b""))
        await self._send(message)

    def log(self) -> None:
        """Say at INFO what was answered; nothing where the client left before."""
        if not self.is_answered:
            return
        log_answer(
            self._head,
            status=self._status,
            sent_bytes=self._sent_bytes,
            began_at=self._began_at,
            request_id=self._request_id,
        )

    def _named(self) -> tuple[tuple[bytes, bytes], ...]:
        return ((b"x-request-id", self._request_id.encode("ascii")),)


def log_answer(
    head: RequestHead,
    *,
    status: int,
    sent_bytes: int,
    began_at: float,
    request_id: str | None = None,
) -> None:
    """One line at INFO; `began_at` is a moment of `time.monotonic`."""
    if not log.isEnabledFor(logging.INFO):
        return
    told = {
        "method": head.method,
        "status": status,
        "ms": round((time.monotonic() - began_at) * 1000, 1),
        "bytes": sent_bytes,
        "target": _logged(head.target),
        "request_id": request_id or new_request_id(),
    }
    # `log.info` would look for its caller's file and line, which no line of ours names.
    record = log.makeRecord(log.name, logging.INFO, "", 0, "answered", (), None, extra=told)
    log.handle(record)


def new_request_id() -> str:
    return secrets.token_hex(8)


def _logged(target: str) -> str:
    """The target of a line; those that are asked for again and again are short."""
    is_short = len(target) <= MAX_TARGET_CHARACTERS
    return (_logged_short if is_short else _logged_whole)(target)


def _logged_whole(target: str) -> str:
    """Redacted before it is cut: half of a password is not recognized as one."""
    whole = _NOT_PRINTABLE.sub(lambda found: f"%{ord(found[0]):02X}", target)
    return redacted(whole)[:MAX_TARGET_CHARACTERS]


_logged_short = lru_cache(maxsize=4096)(_logged_whole)

"""What goes out for one request: its id beside an error, and one line in the log."""

import logging
import re
import secrets
import time
from collections.abc import MutableMapping
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

    def __init__(self, head: RequestHead) -> None:
        self._head = head
        self._began_at = time.monotonic()
        self._request_id = new_request_id()
        request_id.set(self._request_id)

    def named(self, status: int) -> tuple[tuple[bytes, bytes], ...]:
        """The field that names the request, beside an error."""
        return ((b"x-request-id", self._request_id.encode("ascii")),) if status >= 400 else ()

    def log(self, *, status: int, sent_bytes: int) -> None:
        """Say at INFO what was answered."""
        log_answer(
            self._head,
            status=status,
            sent_bytes=sent_bytes,
            began_at=self._began_at,
            request_id=self._request_id,
        )


class Sending:
    """An answer on its way out through ASGI."""

    def __init__(self, exchange: Exchange, send: Send) -> None:
        self._exchange = exchange
        self._send = send
        self._status = 0
        self._sent_bytes = 0

    @property
    def is_answered(self) -> bool:
        """The status is on its way: another answer cannot be given."""
        return self._status > 0

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if named := self._exchange.named(self._status):
                message = {**message, "headers": [*message["headers"], *named]}
        else:
            self._sent_bytes += len(message.get("body", b""))
        await self._send(message)

    def log(self) -> None:
        """Say what was answered; nothing where the client left before."""
        if self.is_answered:
            self._exchange.log(status=self._status, sent_bytes=self._sent_bytes)


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
    """The target of a line. What is cut is redacted before: half of a password is not recognized as
    one. The whole line is redacted in any case (telemetry/logs.py)."""
    told = _NOT_PRINTABLE.sub(lambda found: f"%{ord(found[0]):02X}", target)
    return told if len(told) <= MAX_TARGET_CHARACTERS else redacted(told)[:MAX_TARGET_CHARACTERS]

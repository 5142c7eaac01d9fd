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

    def __init__(self, head: RequestHead, send: Send) -> None:
        self._head = head
        self._send = send
        self._began_at = time.monotonic()
        self._request_id = secrets.token_hex(8)
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
        told = {
            "method": self._head.method,
            "status": self._status,
            "ms": round((time.monotonic() - self._began_at) * 1000, 1),
            "bytes": self._sent_bytes,
            "target": _logged(self._head.target),
        }
        log.info("answered", extra=told)

    def _named(self) -> tuple[tuple[bytes, bytes], ...]:
        return ((b"x-request-id", self._request_id.encode("ascii")),)


def _logged(target: str) -> str:
    """Redacted before it is cut: half of a password is not recognized as one."""
    whole = _NOT_PRINTABLE.sub(lambda found: f"%{ord(found[0]):02X}", target)
    return redacted(whole)[:MAX_TARGET_CHARACTERS]

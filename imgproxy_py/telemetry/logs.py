"""Structured logs on standard error: one line per event, with the id of its request.

Every line passes `redacted` last, so that no message, argument or traceback can carry user-info
or an API key into a log.
"""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, TextIO

import msgspec

from imgproxy_py.telemetry.redact import redacted

# Set by the web layer for the length of one request; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# Fields of `logging.LogRecord` that are not the caller's `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_logging(
    format: Literal["text", "json"],  # noqa: A002 (the setting is called LOG_FORMAT)
    *,
    level: int = logging.INFO,
    stream: TextIO | None = None,
) -> None:
    """Send the logs of this process to `stream` (standard error); the last call counts."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # Migrations that have nothing to do are not news.
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id and the caller's `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line |= _extra(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redacted(msgspec.json.encode(line, enc_hook=str).decode())


class TextFormatter(logging.Formatter):
    """The same for a person at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the base class's name)
        extra = _extra(record)
        if request_id.get():
            extra["request_id"] = request_id.get()
        pairs = "".join(f" {name}={value}" for name, value in extra.items())
        return super().formatMessage(record) + pairs

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}

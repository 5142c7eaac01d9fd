"""Structured logs on standard error: one line per event, with the id of its request.

Every line passes `redacted` last, so that no message, argument or traceback can carry user-info
or an API key into a log. Lines of an event loop that tell of nothing wrong are written a moment
later, many at once: one write for each answer was a seventh of what a hit cost.
"""

import asyncio
import logging
import sys
import time
from contextlib import nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, TextIO

import msgspec

from imgproxy_py.telemetry.redact import redacted

# Set by the web layer for the length of one request; empty outside of one.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# A server that is killed takes the lines of this long with it, and no warning.
GATHER_SECONDS = 0.05
MAX_GATHERED = 256

# Fields of `logging.LogRecord` that are not the caller's `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def configure_logging(
    format: Literal["text", "json"],  # noqa: A002 (the setting is called LOG_FORMAT)
    *,
    level: int = logging.INFO,
    stream: TextIO | None = None,
) -> None:
    """Send the logs of this process to `stream` (standard error); the last call counts."""
    handler = GatheringHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # No line of ours names them, and every record would ask the system for them.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # Migrations that have nothing to do are not news.
    logging.getLogger("alembic").setLevel(max(level, logging.WARNING))


class GatheringHandler(logging.StreamHandler[TextIO]):
    """Writes a warning at once, with everything before it, and other lines soon.

    Where no event loop runs, which could write later, every line is written at once.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._waiting: list[logging.LogRecord | str] = []
        self._awaited: asyncio.AbstractEventLoop | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            record.request_id = vars(record).get("request_id") or request_id.get()
            # Arguments may be something else later; a line without any is worded with the others.
            self._waiting.append(self.format(record) if record.args else record)
            if record.levelno >= logging.WARNING or len(self._waiting) >= MAX_GATHERED:
                self.flush()
            else:
                self._flush_soon()
        except RecursionError:
            raise
        except Exception:  # noqa: BLE001 (a log must not break what it tells of)
            self.handleError(record)

    def flush(self) -> None:
        """Write what has gathered; logging calls it at the end of the process too."""
        with self.lock or nullcontext():
            waiting, self._waiting, self._awaited = self._waiting, [], None
            if waiting:
                self.stream.write("".join(map(self._line, waiting)))
            super().flush()

    def _line(self, waiting: logging.LogRecord | str) -> str:
        if isinstance(waiting, str):
            return waiting + self.terminator
        try:
            return self.format(waiting) + self.terminator
        except Exception:  # noqa: BLE001 (the other lines are to be read all the same)
            self.handleError(waiting)
            return ""

    def _flush_soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self.flush()
        if loop is not self._awaited:
            self._awaited = loop
            loop.call_later(GATHER_SECONDS, self.flush)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id and the caller's `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= _extra(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return redacted(msgspec.json.encode(line, enc_hook=str).decode())


class TextFormatter(logging.Formatter):
    """The same for a person at a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._second, self._told = -1, ""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """As the base class does, a second's text made once."""
        second = int(record.created)
        if second != self._second:
            self._told = time.strftime(self.default_time_format, time.localtime(second))
            self._second = second
        return f"{self._told},{int(record.msecs):03d}"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the base class's name)
        pairs = "".join(f" {name}={value}" for name, value in _extra(record).items())
        return super().formatMessage(record) + pairs

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


def _extra(record: logging.LogRecord) -> dict[str, object]:
    """The caller's fields, and the id of the request where there is one."""
    own = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    if not own.get("request_id"):
        own.pop("request_id", None)
    return own

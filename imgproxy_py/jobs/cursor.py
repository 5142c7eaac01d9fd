"""Where a list that goes by time goes on: the moment and the id of the last row that was shown."""

import re
from datetime import UTC, datetime, timedelta

from imgproxy_py.jobs.errors import CursorInvalid

_CURSOR = re.compile(r"([0-9]{1,17})_([0-9A-Za-z_-]{16,64})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_text(moment: datetime, row_id: str) -> str:
    return f"{(moment - _EPOCH) // timedelta(microseconds=1)}_{row_id}"


def read_cursor(text: str) -> tuple[datetime, str]:
    """CursorInvalid for what no list gave out."""
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise CursorInvalid
    return _EPOCH + timedelta(microseconds=int(match[1])), match[2]

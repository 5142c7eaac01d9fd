"""Answers of the API as JSON: nothing of an account is kept by caches."""

import json
from datetime import UTC, datetime

from imgproxy_py.web.reply import SAFE_HEADERS, Reply


def json_reply(
    told: object, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    return Reply(
        status=status,
        headers=(
            ("Content-Type", "application/json"),
            ("Cache-Control", "no-store"),
            *headers,
            *SAFE_HEADERS,
        ),
        body=json.dumps(told).encode(),
    )


def utc_text(moment: datetime) -> str:
    """RFC 3339, in UTC, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

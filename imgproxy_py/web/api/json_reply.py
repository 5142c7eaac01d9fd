"""Answers of the API as JSON: nothing of an account is kept by caches."""

import json

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

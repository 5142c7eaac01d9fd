"""Callbacks as Standard Webhooks describes them: what is sent, and how it is signed.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

# Waits after the first, second … failure: about an hour in all, and five attempts.
BACKOFF_SECONDS = (30.0, 120.0, 600.0, 2850.0)
MAX_ATTEMPTS = len(BACKOFF_SECONDS) + 1
# Receivers that failed together must not be called together again.
JITTER = 0.1

SECRET_PREFIX = "whsec_"  # noqa: S105 (a public prefix)


def account_secret(server_secret: bytes, account_id: str) -> bytes:
    """The 32 bytes that one account's callbacks are signed with: nothing needs to be kept."""
    return hmac.digest(server_secret, b"webhook secret of " + account_id.encode(), hashlib.sha256)


def secret_text(secret: bytes) -> str:
    """As receivers' libraries want it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(
    body: bytes, *, message_id: str, timestamp: int, secrets: Sequence[bytes]
) -> Mapping[str, str]:
    """The headers of one attempt. `timestamp` is in Unix seconds.

    There is a signature for each secret, newest first, so that a receiver may hold any of them
    while the server's keys are changed.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(secret, signed, hashlib.sha256) for secret in secrets)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests),
    }


def message_id(name: str) -> str:
    """The same for all attempts: a receiver knows by it what it has had already. `name` is that of
    what is told: of a job its id."""
    return f"msg_{name}"


def is_delivered(status: int) -> bool:
    return 200 <= status < 300


def wait_after(
    attempt: int, status: int | None, *, random: Callable[[], float]
) -> timedelta | None:
    """When to try again after `attempt` (from 1) failed; None for never.

    410 says that nobody will ever listen there (Standard Webhooks, "Delivery").
    """
    if status == 410 or attempt >= MAX_ATTEMPTS:
        return None
    seconds = BACKOFF_SECONDS[attempt - 1] * (1 + JITTER * random())
    return timedelta(seconds=seconds)

"""Signed URLs: a username that stands in public HTML is of no use to others.

    /{username}:{key_id}.{expires}.{signature}/{options}/{source}

The signature is base64url without padding of the first 16 bytes (128 bits, the least that RFC
2104, section 5, lets a truncated one keep of SHA-256) of

    HMAC-SHA256(key, "{username}\\n{expires}\\n{rest}")

where `rest` is the raw request target from the slash after that segment on, query included.
"""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.accounts.errors import SigningKeyInvalid

SECRET_BYTES = 32
SIGNATURE_BYTES = 16
NEVER = 0

# Eleven digits of Unix seconds last for three thousand years; leading zeros have no second text.
_SEGMENT = re.compile(r"([A-Za-z0-9_-]{1,32})\.(0|[1-9][0-9]{0,10})\.([A-Za-z0-9_-]{22})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One of an account's keys for URLs. The secret is symmetric: whoever checks can sign."""

    id: str
    account_id: str
    secret: bytes
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None

    def __repr__(self) -> str:
        return f"SigningKey(id={self.id!r}, account_id={self.account_id!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What stands after the username's colon. `expires` is in Unix seconds, 0 for never."""

    key_id: str
    expires: int
    digest: str


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def new_key_id() -> str:
    """Short, as it stands in every URL; made of characters that need no escape."""
    return secrets.token_hex(4)


def read_signature(segment: str) -> Signature | None:
    """The parts of `key_id.expires.signature`; None for any other text."""
    match = _SEGMENT.fullmatch(segment)
    if match is None:
        return None
    return Signature(key_id=match[1], expires=int(match[2]), digest=match[3])


def digest_of(secret: bytes, *, username: str, expires: int, rest: str) -> str:
    """The signature's text. `rest` begins with the slash before the options."""
    signed = f"{username}\n{expires}\n{rest}".encode()
    return _base64url(hmac.digest(secret, signed, hashlib.sha256)[:SIGNATURE_BYTES])


def is_signed_by(secret: bytes, signature: Signature, *, username: str, rest: str) -> bool:
    """Compared in constant time."""
    wanted = digest_of(secret, username=username, expires=signature.expires, rest=rest)
    return hmac.compare_digest(wanted, signature.digest)


def signed_segment(key_id: str, secret: bytes, *, username: str, expires: int, rest: str) -> str:
    """The first segment of a signed URL, as text; percent-escape it where the username needs it."""
    digest = digest_of(secret, username=username, expires=expires, rest=rest)
    return f"{username}:{key_id}.{expires}.{digest}"


def secret_text(secret: bytes) -> str:
    """A secret as people copy it: base64url without padding, 43 characters."""
    return _base64url(secret)


def read_secret(text: str) -> bytes:
    """The 32 bytes of `secret_text`; SigningKeyInvalid for any other text."""
    try:
        secret = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:  # binascii's, and what is not ASCII
        raise SigningKeyInvalid from error
    if len(secret) != SECRET_BYTES:
        raise SigningKeyInvalid
    return secret


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

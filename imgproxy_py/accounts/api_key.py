"""API keys: `opt_` and 256 random bits. Only a hash is kept; the key itself is shown once."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.accounts.errors import KeyInvalid

PREFIX = "opt_"
SECRET_BYTES = 32

_KEY = re.compile(r"opt_[A-Za-z0-9_-]{8,200}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is known of a key: everything but the key."""

    id: str
    account_id: str
    name: str
    last_four: str
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.revoked_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """A new key, with the plaintext that is never seen again."""

    plaintext: str
    key: ApiKey

    def __repr__(self) -> str:
        return f"IssuedKey(key={self.key!r})"


def new_plaintext() -> str:
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def secret_hash(plaintext: str) -> str:
    """SHA-256 in hex. With 256 random bits there is nothing to guess, so a slow hash adds none."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


def api_key_text(text: str) -> str:
    """The text itself when it can be an API key of an operator's choice; else KeyInvalid."""
    if not _KEY.fullmatch(text):
        raise KeyInvalid(
            "an API key is opt_ and 8 to 200 letters, digits, - or _; better 43 random"
        )
    return text

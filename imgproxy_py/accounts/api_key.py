"""API keys: `opt_` and 256 random bits. Only a hash is kept; the key itself is shown once."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.accounts.errors import KeyAmbiguous, KeyInvalid, KeyNameInvalid, KeyUnknown

PREFIX = "opt_"
SECRET_BYTES = 32
MAX_NAME_CHARACTERS = 100
# Of 2^128 ids no two of an account begin alike for so long.
MIN_ID_CHARACTERS = 6

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
    last_used_at: datetime | None = None

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


def is_api_key(text: str) -> bool:
    """Whether the text has the form of a key; says nothing of whether there is such a key."""
    return _KEY.fullmatch(text) is not None


def key_name_text(text: str) -> str:
    """The text itself when a key can be called so; else KeyNameInvalid."""
    if not 1 <= len(text) <= MAX_NAME_CHARACTERS or not text.isprintable() or text != text.strip():
        raise KeyNameInvalid(
            f"a key's name has 1 to {MAX_NAME_CHARACTERS} visible characters, with no space at "
            "either end"
        )
    return text


def api_key_text(text: str) -> str:
    """The text itself when it can be an API key of an operator's choice; else KeyInvalid."""
    if not is_api_key(text):
        raise KeyInvalid(
            "an API key is opt_ and 8 to 200 letters, digits, - or _; better 43 random"
        )
    return text


def chosen_key(keys: Iterable[ApiKey], text: str) -> ApiKey:
    """The active key that a person means: by its id or how it begins, its name or its last four.

    KeyUnknown when none is meant, KeyAmbiguous when several are.
    """
    active = [key for key in keys if key.is_active]
    exact = [key for key in active if key.id == text]
    meant = exact or [key for key in active if _is_called(key, text)]
    if not meant:
        raise KeyUnknown(text)
    if len(meant) > 1:
        raise KeyAmbiguous(text, len(meant))
    return meant[0]


def _is_called(key: ApiKey, text: str) -> bool:
    is_beginning = len(text) >= MIN_ID_CHARACTERS and key.id.startswith(text)
    return is_beginning or text in (key.name, key.last_four)

"""Keys: a text that a person can read first, its hash second; the version stands in both.

    v1 source https://example.com/a.png                       → sources
    v1 result 9f86d0… 100x100,crop=auto avif+webp engine-1    → results
    v1 result 9f86d0… 100x100,crop=auto any engine-1 account-4c6f… → what one account was given

A result's public id is made from its key with the server's secret: whoever knows the source, the
options and this file still cannot say under which URL the result lies.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

# Raise it when the same text would mean something else; what was kept before is not found again.
KEY_VERSION = 1

# What accounts keep for good lies in a folder of its own, which pruning leaves alone.
LIBRARY = "library/"
# As do the bytes of uploads that wait for their job.
UPLOADS = "uploads/"
_SOURCE_RECORDS = "records/sources/"
# What was purged is known by names in here alone (purges.py).
PURGES = "purges/"

# Hashing the same texts anew was a fifth of what a hit cost. A URL may have 64 KB: long ones are
# not kept.
REMEMBERED = 8192
MAX_REMEMBERED_CHARACTERS = 1024

# 144 bits: no guessing, and 24 characters of base64url without padding.
RESULT_ID_BYTES = 18

# The authority ends at the first slash, question mark or hash, its user-info at the last @ in it
# (RFC 3986, section 3.2).
_USER_INFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:/{1,2})[^/?#]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`text` may be logged; `digest` is SHA-256 in hex over everything that identifies it."""

    text: str
    digest: str


def source_key(url: str) -> Key:
    """The key of what we know of a source URL. User-info counts, but only in the digest."""
    return (_short_source_key if len(url) <= MAX_REMEMBERED_CHARACTERS else _source_key)(url)


def _source_key(url: str) -> Key:
    return Key(text=_versioned("source", without_user_info(url)), digest=_digest("source", url))


_short_source_key = lru_cache(maxsize=REMEMBERED)(_source_key)


def result_key(
    source_sha256: str,
    cache_text: str,
    accepts: Iterable[str],
    engine_version: str,
    *,
    origin: str = "",
) -> Key:
    """The key of a result: what goes in, what was asked, what `Accept` opened, who made it.

    `origin` is the digest of the source's key where the same bytes under another URL must have
    another result URL (they may differ in freshness and in file name); empty for an upload.
    """
    opened = "+".join(sorted(accepts)) or "any"
    parts = [source_sha256, cache_text, opened, f"engine-{engine_version}"]
    if origin:
        parts.append(f"origin-{origin}")
    return Key(text=_versioned("result", *parts), digest=_digest("result", *parts))


@lru_cache(maxsize=REMEMBERED)
def result_id(secret: bytes, key_text: str) -> str:
    """The capability in a result's URL: HMAC-SHA256 of the key's text, truncated, in base64url."""
    made = hmac.digest(secret, key_text.encode(), "sha256")[:RESULT_ID_BYTES]
    return base64.urlsafe_b64encode(made).decode()


def own_key(key: Key, account_id: str) -> Key:
    """The key of a result as one account was given it: nobody else's says `cached` or expires
    with it."""
    part = f"account-{account_id}"
    return Key(text=f"{key.text} {part}", digest=_digest("own", key.digest, part))


def named_key(own: Key, filename: str) -> Key:
    """The key of an account's own result under another file name than it had first."""
    part = f"name-{filename}"
    return Key(text=f"{own.text} {part}", digest=_digest("named", own.digest, part))


def source_record_path(key: Key) -> str:
    return _SOURCE_RECORDS + _sharded(key.digest)


def source_digest_of(path: str) -> str | None:
    """The digest of the key whose record lies under `path`; None for any other path."""
    sharded = path.removeprefix(_SOURCE_RECORDS)
    return None if sharded == path else sharded.replace("/", "")


@lru_cache(maxsize=REMEMBERED)
def result_record_path(result_id: str) -> str:
    # Hashed once more: ids differ by case, which not every file system tells apart, and a folder
    # that leaks holds no capabilities.
    return f"records/results/{_sharded(hashlib.sha256(result_id.encode()).hexdigest())}"


def contents_path(sha256: str) -> str:
    return f"contents/{_sharded(sha256)}"


def without_user_info(url: str) -> str:
    """The URL without `user:password@`; any other text as it is."""
    return _USER_INFO.sub(r"\1", url) if "@" in url else url


def _sharded(digest: str) -> str:
    # 256 folders: a million files stay below four thousand in each.
    return f"{digest[:2]}/{digest[2:]}"


def _versioned(*parts: str) -> str:
    return " ".join([f"v{KEY_VERSION}", *parts])


def _digest(*parts: str) -> str:
    return hashlib.sha256(_versioned(*parts).encode()).hexdigest()

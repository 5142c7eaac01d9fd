"""Who may use an account's URLs: those who sign them, those whose pages show them."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from imgproxy_py.accounts.errors import (
    ReferrerNotAllowed,
    SignatureExpired,
    SignatureInvalid,
    SignatureMissing,
)
from imgproxy_py.accounts.url_signature import Signature, is_signed_by, read_signature

# Stands in a list of referrers for requests that name none (curl, apps, `no-referrer` pages).
NO_REFERRER = "none"

_REFERRER_PATTERN = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRules:
    """One account's. `signing_keys` are the active ones: 32 secret bytes by their id.

    `allowed_sources` are patterns as in the setting ALLOWED_SOURCES, beside that one; empty allows
    every source. `allowed_referrers` are host names and `*.` patterns; empty asks for none.
    """

    requires_signature: bool = False
    allowed_sources: tuple[str, ...] = ()
    allowed_referrers: tuple[str, ...] = ()
    signing_keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def check_signature(
        self, username: str, segment: str | None, rest: str, *, now: float | None = None
    ) -> Signature | None:
        """Raise the AccessError of a URL that is not signed as it has to be.

        A signature that is there counts even where none is required. `now` is in Unix seconds.
        """
        if segment is None:
            if self.requires_signature:
                raise SignatureMissing(username)
            return None
        signature = read_signature(segment)
        if signature is None:
            raise SignatureInvalid("it is not KEY.EXPIRES.SIGNATURE with 22 characters at its end")
        secret = self.signing_keys.get(signature.key_id)
        if secret is None:
            raise SignatureInvalid(f'the account has no active signing key "{signature.key_id}"')
        if not is_signed_by(secret, signature, username=username, rest=rest):
            raise SignatureInvalid(
                "it has to be made over the text after it exactly as that is sent, query included"
            )
        if signature.expires and signature.expires <= (time.time() if now is None else now):
            raise SignatureExpired(datetime.fromtimestamp(signature.expires, UTC))
        return signature

    def check_referrer(self, referrer: str | None) -> None:
        """Raise ReferrerNotAllowed. `referrer` is the header as it came."""
        if not self.allowed_referrers:
            return
        host = _host_of(referrer)
        if not any(_fits(host, pattern) for pattern in self.allowed_referrers):
            raise ReferrerNotAllowed(host)


def is_referrer_pattern(text: str) -> bool:
    """Whether the text can stand in `allowed_referrers`: a host in lower case, `*.` and a host, or
    "none" for requests that name no page."""
    return _REFERRER_PATTERN.fullmatch(text) is not None


def _host_of(referrer: str | None) -> str | None:
    """None for a referrer that names no host: there is none, or it cannot be read."""
    try:
        return urlsplit((referrer or "").strip()).hostname
    except ValueError:
        return None


def _fits(host: str | None, pattern: str) -> bool:
    if host is None:
        return pattern == NO_REFERRER
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern

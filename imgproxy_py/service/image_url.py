"""Writes the URLs that `options_grammar.cut` reads, signed where a key is given."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from imgproxy_py.accounts.url_signature import NEVER, signed_segment

# What no proxy, browser or library rewrites on the way: with anything else in it a source is
# written percent-encoded, so that a signature still fits.
_UNTOUCHED = re.compile(r"https?://[A-Za-z0-9._~:/-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One signing key, and when the URLs it signs expire: Unix seconds, or 0 for never."""

    key_id: str
    secret: bytes
    expires: int = NEVER

    def __repr__(self) -> str:
        return f"Signer(key_id={self.key_id!r}, expires={self.expires})"


def image_url(
    base_url: str, username: str, options: str, source: str | None, *, signer: Signer | None = None
) -> str:
    """The URL of one picture; `source` is None for the address that takes uploads.

    `options` is a text that `options_grammar.parse` takes, and `base_url` has no slash at its end.
    """
    rest = f"/{quote(options, safe=',=.-:')}"
    if source is not None:
        # A proxy that merges slashes would break a signature over `https://`.
        rest += f"/{_written(source) if signer is None else quote(source, safe='')}"
    return f"{base_url}/{_first_segment(username, rest, signer)}{rest}"


def _first_segment(username: str, rest: str, signer: Signer | None) -> str:
    if signer is None:
        return quote(username, safe="")
    segment = signed_segment(
        signer.key_id, signer.secret, username=username, expires=signer.expires, rest=rest
    )
    return quote(segment, safe=":")


def _written(source: str) -> str:
    is_plain = _UNTOUCHED.fullmatch(source) is not None and "//" not in source.partition("//")[2]
    return source if is_plain else quote(source, safe="")

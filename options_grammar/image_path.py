"""Cuts a request target into username, options and source URL.

Works on the raw bytes: a decoded path has lost what the source's escapes were.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, unquote_to_bytes

from options_grammar.errors import PathError, UsernameError, quoted
from options_grammar.source_url import is_encoded, looks_like_source, wire_ready

# First segments that belong to the server itself and never name an account.
RESERVED_SEGMENTS: frozenset[str] = frozenset(
    {
        "api",
        "dashboard",
        "docs",
        "healthz",
        "livez",
        "metrics",
        "openapi.json",
        "output",
        "readyz",
        "results",
        "shrink",
        "static",
    }
)

# RFC 9112, section 3.2.2: `GET http://host/path`; the server leaves it in the path.
_ABSOLUTE_FORM = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)
# Escapes of characters that could as well have been sent: `%2C`, `%3D`, never `%0A`.
_PRINTABLE_ESCAPE = re.compile(rb"%(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e])")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_REMEDY = 'write "full" for none, as in /USERNAME/full/https://example.com/image.png'


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePath:
    """One request target, cut.

    `source` is the wire-ready source URL in ASCII, or None for an upload. `signature_segment` is
    what stands after the colon of `username:signature`. `rest` is the request target from the
    slash after the first segment on, query included, as it was sent; bytes beyond printable ASCII,
    which no target may hold, stand in it percent-escaped.
    """

    username: str
    options_text: str
    source: str | None
    signature_segment: str | None
    rest: str
    warnings: tuple[str, ...] = ()


def cut(raw_path: bytes, query: bytes) -> ImagePath:
    """The parts of `raw_path` and `query`, both as they stood in the request line.

    Raises PathError (UsernameError where the first segment is at fault), and nothing else.
    """
    first, slash, remainder = _path_only(raw_path)[1:].partition(b"/")
    username, signature_segment = _username(first)
    options, source_slash, source = remainder.partition(b"/")
    if not options or looks_like_source(options):
        raise PathError(_options_missing(options), code="options_missing")
    question = b"?" + query if query else b""
    source_url, warnings = _source(source, question)
    return ImagePath(
        username=username,
        options_text=_options_text(options),
        source=source_url,
        signature_segment=signature_segment,
        rest=quote_from_bytes(slash + options + source_slash + source + question, safe=_PRINTABLE),
        warnings=warnings,
    )


def _path_only(raw_path: bytes) -> bytes:
    if raw_path.startswith(b"/"):
        return raw_path
    absolute = _ABSOLUTE_FORM.match(raw_path)
    path = raw_path[absolute.end() :] if absolute else b""
    if absolute is None or not (path.startswith(b"/") or not path):
        raise PathError("the request's path begins with no slash", code="path_invalid")
    return path


def _username(segment: bytes) -> tuple[str, str | None]:
    """Username and signature. The colon between them may be escaped: PHP's rawurlencode does."""
    try:
        decoded = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError as error:
        message = "the username, the first segment of the path, is not UTF-8"
        raise UsernameError(message, code="username_invalid") from error
    username, colon, signature = decoded.partition(":")
    if not username:
        message = "the path begins with no username: /USERNAME/OPTIONS/SOURCE-URL"
        raise UsernameError(message, code="username_missing")
    if not decoded.isprintable():
        message = "the username, the first segment of the path, holds a control character"
        raise UsernameError(message, code="username_invalid")
    if username in RESERVED_SEGMENTS:
        message = f"{quoted(username)} belongs to the server and is no username"
        raise UsernameError(message, code="username_reserved")
    return username, signature if colon else None


def _options_missing(options: bytes) -> str:
    if options:
        return f"the source URL stands where the options belong; {_REMEDY}"
    return f"the options are missing; {_REMEDY}"


def _options_text(segment: bytes) -> str:
    """The options with escapes of printable characters decoded, all others left as they are."""
    decoded = _PRINTABLE_ESCAPE.sub(lambda escape: unquote_to_bytes(escape[0]), segment)
    return quote_from_bytes(decoded, safe=_PRINTABLE + " ")


def _source(source: bytes, question: bytes) -> tuple[str | None, tuple[str, ...]]:
    """The source URL; the request's query belongs to a raw one only."""
    if source and not is_encoded(source):
        return wire_ready(source + question), ()
    url = wire_ready(source) if source else None
    if not question:
        return url, ()
    if url is None:
        return url, ("the query after the options belongs to no source URL and was left out",)
    return url, (
        "the query stands outside the encoded source URL and was left out; encode it as well",
    )

"""The source URL of a path, made ready for the wire: what the origin is sent, byte for byte.

Two spellings have one meaning. A *raw* source begins with `http:/` or `https:/` and keeps its
escapes; an *encoded* one begins with `http%3A` or `https%3A` and is percent-decoded exactly once,
as bytes, so that what is not UTF-8 arrives as it was meant.

The outcome is ASCII and cannot break a request line: a byte that may not stand raw in a request
target (RFC 3986, section 2; a space, a control, `"<>\\^` and the backtick, anything beyond ASCII)
is percent-escaped. `|{}[]` are as illegal there but work everywhere, so they stay as they were
sent. A fragment is never sent (RFC 9110, section 7.1) and is cut off.
"""

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from options_grammar.errors import PathError, quoted
from options_grammar.host import wire_authority

_RAW = re.compile(rb"https?:/", re.IGNORECASE)
_ENCODED = re.compile(rb"https?%3A", re.IGNORECASE)
_ABSOLUTE = re.compile(
    rb"(?P<scheme>https?:)//?(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_SCHEME = re.compile(rb"([a-z][a-z0-9+.-]*)(?::|%3A)", re.IGNORECASE)
_HOST_NAME = re.compile(rb"(?:[a-z0-9-]+\.)+[a-z]{2,}[:/?].*", re.IGNORECASE | re.DOTALL)
_NESTED_SOURCE = re.compile(rb"/https?(?::/|%3A)", re.IGNORECASE)
# An escape that is none: `100%.png`, which only an encoded source can mean so.
_STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")

_KEPT = "".join(letter for letter in map(chr, range(0x21, 0x7F)) if letter not in '"<>\\^`#')


def is_encoded(source: bytes) -> bool:
    """True for a source in the encoded spelling, to which no query of the request belongs."""
    return _ENCODED.match(source) is not None


def looks_like_source(text: bytes) -> bool:
    """True where `text` begins as a source URL does, in either spelling."""
    return re.match(rb"https?(?::|%3A)", text, re.IGNORECASE) is not None


def wire_ready(source: bytes) -> str:
    """The URL that `source` names, in either spelling, as it goes to the origin.

    Raises PathError with the code `source_url_invalid`.
    """
    if is_encoded(source):
        url = _STRAY_PERCENT.sub(b"%25", unquote_to_bytes(source))
    elif _RAW.match(source):
        url = source
    else:
        raise source_invalid(_reason(source))
    match = _ABSOLUTE.fullmatch(url)
    if match is None:
        raise source_invalid(_reason(url))
    scheme = match["scheme"].decode("ascii")
    return f"{scheme}//{wire_authority(match['authority'])}{escaped(match['target'])}"


def escaped(target: bytes) -> str:
    """`target` with every byte that may not stand in a request line percent-escaped."""
    return quote_from_bytes(target, safe=_KEPT)


def source_invalid(reason: str) -> PathError:
    return PathError(reason, code="source_url_invalid")


def _reason(source: bytes) -> str:
    """Why `source` is no URL we fetch, with the remedy where there is one."""
    if re.match(rb"https?%253A", source, re.IGNORECASE):
        return "the source URL is percent-encoded twice; encode it once"
    source = _without_user_info(source)
    shown = quoted(source.decode("latin-1"))
    if _NESTED_SOURCE.search(source):
        return (
            f"options stand in one segment, parted by commas, and the source URL follows them; "
            f"{shown} begins with neither http:// nor https://"
        )
    if source.startswith(b"//") or _HOST_NAME.fullmatch(source):
        remedy = quoted("https://" + source.lstrip(b"/").decode("latin-1"))
        return f"the source URL {shown} has no scheme; did you mean {remedy}?"
    scheme = _SCHEME.match(source)
    if scheme is None:
        return f"the source {shown} is no absolute URL; it begins with http:// or https://"
    name = scheme[1].decode("ascii").lower()
    if name in ("http", "https"):
        return f"the source URL {shown} lacks the slashes of {name}://"
    return f"a source URL begins with http:// or https://; {name}: is not fetched"


def _without_user_info(source: bytes) -> bytes:
    """Passwords are not repeated in messages: `//user:password@host/`.

    No regular expression: searching for the end of user-info from every byte takes ten seconds for
    `a.a.a.` of 60 KB.
    """
    return b"/".join(segment.rpartition(b"@")[2] for segment in source.split(b"/"))

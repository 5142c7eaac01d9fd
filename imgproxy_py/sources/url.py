"""Source URLs: read once, then only this value travels.

What the origin receives as its request target is byte for byte what the requester wrote; only
what may not stand in a request line at all (spaces, non-ASCII) is percent-encoded. Dot segments,
double slashes and the case of escapes stay: signed URLs depend on them.
"""

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from imgproxy_py.sources.addresses import Address, read_address
from imgproxy_py.sources.errors import SourceUrlInvalid
from imgproxy_py.sources.hostname import read_host

DEFAULT_PORTS = {"http": 80, "https": 443}
# Long enough for every signed URL of an object store; a request line beyond it is refused anyway.
MAX_URL_CHARACTERS = 16_384

_SPLIT = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<target>[^#]*)", re.IGNORECASE)
# In a raw URL a slash ends the authority; in an encoded one an escaped slash does.
_USER_INFO = re.compile(
    r"(?P<scheme>https?:/+)[^/?#\s]*@"
    r"|(?P<encoded>https?(?:%3a)(?:%2f)+)(?:(?!%2f|%3f|%23)[^/?#\s])*%40",
    re.IGNORECASE,
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
# Half of a character, which JSON can say. The others, U+DC80 to U+DCFF, are bytes (PEP 383).
_LONE_SURROGATES = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_UNSAFE = re.compile(r"[^\x21-\x7e]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceUrl:
    """A valid http or https URL. `host` is ASCII in lower case, IPv6 without brackets.

    `target` is path and query as they go over the wire. `authorization` is the value of the
    header made from the URL's user-info; it stands in no text and no repr.
    """

    scheme: str
    host: str
    port: int
    target: str
    authorization: str | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The URL without user-info: for the wire, for logs, for keys."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port (RFC 6454): credentials stay within one of these."""
        return (self.scheme, self.host, self.port)

    @property
    def address(self) -> Address | None:
        """The host where it is an address and not a name."""
        return read_address(self.host)


def read_source_url(text: str) -> SourceUrl:
    """Read `text`, or raise SourceUrlInvalid with the reason; user-info is in no message."""
    if len(text) > MAX_URL_CHARACTERS:
        raise SourceUrlInvalid(f"the source URL is longer than {MAX_URL_CHARACTERS} characters")
    if _CONTROLS.search(text):
        # http://h/%0D%0AHost:%20other decoded once would be a second header line
        raise SourceUrlInvalid("the source URL holds control characters")
    match = _SPLIT.match(text)
    if match is None:
        raise SourceUrlInvalid("the source URL must begin with http:// or https://")
    scheme = match["scheme"].lower()
    if "\\" in match["authority"]:
        # A slash to browsers, not to us: http://public.example\@10.0.0.1/
        raise SourceUrlInvalid("the source URL has no readable host")
    user_info, _, host_port = match["authority"].rpartition("@")
    host, port = _read_host_port(host_port, DEFAULT_PORTS[scheme])
    if _LONE_SURROGATES.search(text):
        raise SourceUrlInvalid("the source URL holds half of a character (a lone surrogate)")
    target = match["target"]
    return SourceUrl(
        scheme=scheme,
        host=host,
        port=port,
        target=_for_the_wire(target if target.startswith("/") else f"/{target}"),
        authorization=_basic(user_info) if user_info else None,
    )


def without_user_info(text: str) -> str:
    """Any text that may be a source URL, fit for a log: user-info cut out even of a broken one.

    A URL nested in the path or query may hold some too, so every authority is looked at.
    """
    return _USER_INFO.sub(lambda match: match["scheme"] or match["encoded"], text)


def _read_host_port(text: str, default_port: int) -> tuple[str, int]:
    match = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?", text)
    if match is None or not match[1]:
        raise SourceUrlInvalid("the source URL has no readable host")
    port = int(match[2][:6]) if match[2] else default_port
    if not 1 <= port <= 65_535:
        raise SourceUrlInvalid("the source URL's port is not between 1 and 65535")
    return read_host(match[1]), port


def _for_the_wire(target: str) -> str:
    if target.find("?") == len(target) - 1:
        target = target[:-1]  # an empty query is none, to us and to the libraries below
    return _UNSAFE.sub(_percent_encode, target)


def _percent_encode(match: re.Match[str]) -> str:
    # Bytes that are not UTF-8 arrive as surrogates, and leave as the bytes they were.
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogateescape"))


def _basic(user_info: str) -> str:
    """RFC 7617: `user:password` in base64, escapes of the URL undone."""
    user, _, password = user_info.encode("utf-8", "surrogateescape").partition(b":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return "Basic " + base64.b64encode(pair).decode()

"""Parameters of `Content-Type` and `Content-Disposition`, as clients really write them.

Quoted or not, after a semicolon or a comma (`multipart/form-data, boundary=XXX`, the official PHP
client), with `filename*=` (RFC 8187) beside or instead of `filename=`.
"""

import re
from urllib.parse import unquote

_PARAMETER = re.compile(
    r"""[;,]\s*
        (?P<name>[^\s=;,"]+)\s*=\s*
        (?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^;"\s]*))""",
    re.VERBOSE | re.DOTALL,
)


def read_parameters(header: str) -> tuple[str, dict[str, str]]:
    """The header's value in lower case, and its parameters by lower-case name."""
    value = re.split(r"[;,]", header, maxsplit=1)[0].strip().lower()
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(header):
        text = match["bare"] if match["quoted"] is None else _unquote(match["quoted"])
        found.setdefault(match["name"].lower(), text)
    return value, found


def filename_in(parameters: dict[str, str]) -> str | None:
    """The file name as sent; the extended spelling wins (RFC 6266, section 4.3)."""
    extended = parameters.get("filename*")
    if extended is not None:
        charset, _, rest = extended.partition("'")
        _, mark, escaped = rest.partition("'")
        if mark and charset.lower() in {"utf-8", "iso-8859-1"}:
            return unquote(escaped, encoding=charset, errors="replace")
    return parameters.get("filename")


def _unquote(text: str) -> str:
    # Only an escaped quote or backslash: browsers send C:\pictures\a.png as it is.
    return re.sub(r'\\(["\\])', r"\1", text)

"""File names that clients send: text for people, never a path."""

import re
import unicodedata

MAX_FILENAME_BYTES = 255
# What some system cannot store, or what would end a quoted string in a header.
_FORBIDDEN = re.compile(r'[<>:"|?*]')
# Controls, and the marks that turn reading direction round: "photo\u202egpj.exe"
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def clean_filename(text: str | None) -> str | None:
    """The last part of `text` without anything dangerous, None when nothing is left."""
    if text is None:
        return None
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", text)[-1])
    name = "".join(c for c in name if unicodedata.category(c) not in _INVISIBLE_CATEGORIES)
    name = _FORBIDDEN.sub("_", name).strip(" .")
    return _shorten(name) or None


def _shorten(name: str) -> str:
    """At most what file systems store, with the extension kept."""
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 16:
        stem, extension = name, ""
    tail = f"{dot}{extension}" if extension else ""
    room = MAX_FILENAME_BYTES - len(tail.encode())
    return stem.encode()[:room].decode(errors="ignore") + tail

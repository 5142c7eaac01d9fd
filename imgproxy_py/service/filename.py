"""The name under which a result may be saved: the source's stem, cleaned."""

import re
from urllib.parse import unquote

MAX_CHARACTERS = 80
DEFAULT = "image"
_END_OF_PATH = re.compile(r"[?#]")
_UNSAFE = re.compile(r"[^\w. -]+")


def stem_of(name: str | None) -> str:
    """The stem of a URL's last segment or of an upload's file name, safe in a header and a disk."""
    if not name:
        return DEFAULT
    path = _path_of(name) if "://" in name else name
    last = unquote(path).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    stem = last.rpartition(".")[0] or last
    return _UNSAFE.sub("_", stem).strip("._ ")[:MAX_CHARACTERS] or DEFAULT


def _path_of(url: str) -> str:
    """Of a URL that may be as crooked as `http://[@host/`, which `urlsplit` refuses."""
    before_query = _END_OF_PATH.split(url.partition("://")[2], maxsplit=1)[0]
    return before_query.partition("/")[2]

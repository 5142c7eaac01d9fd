"""One row per setting: the field of `Settings` itself, with its reader and its help beside it."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

PREFIX = "IMGPROXY_PY_"

T = TypeVar("T")

_ROW = "setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A setting's `read` turns its text into its value, or raises ValueError with the remedy.

    `shown_default` is the default as the documentation words it; `is_secret` keeps the value
    out of every message.
    """

    field_name: str = ""
    read: Callable[[str], Any]
    shown_default: str
    help: str
    is_secret: bool

    @property
    def name(self) -> str:
        return PREFIX + self.field_name.upper()


def setting(
    read: Callable[[str], T],
    default: T | Callable[[], T],
    help: str,  # noqa: A002 (the word that click, argparse and our tables use)
    *,
    shown: str = "",
    is_secret: bool = False,
) -> T:
    """Declare one field of `Settings`. A callable default is asked when no value is given."""
    row = Row(read=read, shown_default=shown or str(default), help=help, is_secret=is_secret)
    kept = {_ROW: row}
    # A secret may stand inside a URL or a key: neither belongs in a repr.
    if callable(default):
        made = dataclasses.field(default_factory=default, metadata=kept, repr=not is_secret)
    else:
        made = dataclasses.field(default=default, metadata=kept, repr=not is_secret)
    return made


def rows(of: type) -> list[Row]:
    """Every row declared on a dataclass, in its order."""
    return [
        dataclasses.replace(field.metadata[_ROW], field_name=field.name)
        for field in dataclasses.fields(of)
        if _ROW in field.metadata
    ]

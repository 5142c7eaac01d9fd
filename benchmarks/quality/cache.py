"""What never changes is measured once: a table of numbers and bytes in one SQLite file.

Keys are readable and name everything the value depends on: picture, size, encoder and its settings,
versions, judge.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_BUSY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`number` is a score or seconds of CPU, `data` an encoded picture or empty."""

    number: float
    data: bytes = b""


class Cache:
    """In `folder`, or in memory when there is none. Several processes may share one folder."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        where = ":memory:" if folder is None else str(folder / "quality.sqlite")
        self._table = sqlite3.connect(where, timeout=_BUSY_SECONDS, isolation_level=None)
        self._table.execute("PRAGMA journal_mode = WAL")
        self._table.execute("PRAGMA synchronous = OFF")  # a lost value is measured again
        self._table.execute(
            "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, number REAL, data BLOB)"
        )

    def kept(self, *key: str, make: Callable[[], Kept]) -> Kept:
        """The value under `key`, made and kept when it is not there."""
        text = json.dumps(key)
        row = self._table.execute("SELECT number, data FROM kept WHERE key = ?", (text,)).fetchone()
        if row is not None:
            return Kept(number=row[0], data=row[1])
        made = make()
        self._table.execute(
            "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (text, made.number, made.data)
        )
        return made

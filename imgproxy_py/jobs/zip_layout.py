"""Where every byte of a ZIP lies, known before any file in it is read.

Files are stored as they are (method 0): pictures do not get smaller, and so sizes and checksums,
which the jobs' results tell, are enough to say what any byte of the archive is. Nothing here reads
or waits.

    local header · bytes   for each file, in order
    central directory
    end of the archive
"""

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from imgproxy_py.jobs.zip_records import (
    ZipEntry,
    central_header,
    end_of_archive,
    local_header,
    local_header_bytes,
)


@dataclass(frozen=True, slots=True)
class FilePart:
    """Bytes `start` to `end` of one file, the latter not included."""

    entry: ZipEntry
    start: int
    end: int


class ZipLayout:
    """The same entries in the same order are the same archive, byte for byte."""

    def __init__(self, entries: Sequence[ZipEntry]) -> None:
        self.entries = tuple(entries)
        self._starts = array("Q")
        at = 0
        for entry in self.entries:
            self._starts.append(at)
            at += local_header_bytes(entry) + entry.size_bytes
        self._directory_at = at

    @property
    def total_bytes(self) -> int:
        return self._directory_at + len(self._tail)

    @cached_property
    def etag(self) -> str:
        """Strong (RFC 9110, 8.8.3): names, dates, places and the hash of every file count."""
        digest = hashlib.sha256(self._tail, usedforsecurity=False)
        for entry in self.entries:
            digest.update(entry.sha256.encode("ascii"))
        return f'"{digest.hexdigest()}"'

    @cached_property
    def modified_at(self) -> datetime:
        """When the last file in it came to be."""
        return max(
            (each.modified_at for each in self.entries), default=datetime.fromtimestamp(0, UTC)
        )

    def parts(self, start: int, end: int) -> Iterator[bytes | FilePart]:
        """What makes up the bytes `start` to `end`: ready bytes, and parts of files to be read."""
        first = max(0, bisect_right(self._starts, start) - 1)
        for index in range(first, len(self.entries)):
            at = self._starts[index]
            if at >= end:
                return
            yield from _entry_parts(self.entries[index], start - at, end - at)
        piece = self._tail[max(0, start - self._directory_at) : max(0, end - self._directory_at)]
        if piece:
            yield piece

    @cached_property
    def _tail(self) -> bytes:
        """The central directory and what ends the archive."""
        directory = b"".join(map(central_header, self.entries, self._starts))
        return directory + end_of_archive(len(self.entries), self._directory_at, len(directory))


def _entry_parts(entry: ZipEntry, start: int, end: int) -> Iterator[bytes | FilePart]:
    """Of one header and its file; `start` and `end` count from the header and may lie outside."""
    header = local_header(entry)
    if piece := header[max(0, start) : max(0, end)]:
        yield piece
    first = max(0, start - len(header))
    last = min(entry.size_bytes, end - len(header))
    if first < last:
        yield FilePart(entry, first, last)

"""The records of a ZIP that stand round its files: headers, the directory, the end.

Section numbers are those of PKWARE's APPNOTE.TXT, version 6.3.10. ZIP64 is used exactly where a
number does not fit into 32 bits, or there are too many files for 16.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from imgproxy_py.store.key import contents_path

# What a 16 or 32 bit field holds when the number stands in the ZIP64 record instead (4.4.1.4).
_IN_ZIP64_16 = 0xFFFF
_IN_ZIP64_32 = 0xFFFFFFFF
_ZIP64_EXTRA = 0x0001  # 4.5.3
_PLAIN_VERSION, _ZIP64_VERSION = 20, 45  # 4.4.3.2
_MADE_ON_UNIX = 3 << 8  # 4.4.2.2
_UTF8_NAMES = 1 << 11  # 4.4.4, bit 11
_STORED = 0  # 4.4.5
# A regular file that everybody may read, as the upper half of Unix attributes (4.4.15).
_ATTRIBUTES = 0o100644 << 16

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_ZIP64_END = struct.Struct("<4sQ2H2I4Q")
_ZIP64_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    """One file. `crc32` and `sha256` are those of its bytes; `name` is clean (zip_names.py).

    `folder` is where in the store its bytes lie, as in store/contents.py.
    `modified_at` is kept to two seconds, in UTC: the format knows no time zone.
    """

    name: str
    size_bytes: int
    crc32: int
    sha256: str
    modified_at: datetime
    folder: str = ""

    @property
    def encoded_name(self) -> bytes:
        return self.name.encode()

    @property
    def blob_key(self) -> str:
        """Under which its bytes lie in the store."""
        return self.folder + contents_path(self.sha256)


def local_header_bytes(entry: ZipEntry) -> int:
    extra = 20 if entry.size_bytes >= _IN_ZIP64_32 else 0
    return _LOCAL.size + len(entry.encoded_name) + extra


def local_header(entry: ZipEntry) -> bytes:
    """4.3.7. With ZIP64 both sizes stand in the extra field (4.5.3)."""
    is_large = entry.size_bytes >= _IN_ZIP64_32
    size = _IN_ZIP64_32 if is_large else entry.size_bytes
    extra = _zip64_extra(entry.size_bytes, entry.size_bytes) if is_large else b""
    name = entry.encoded_name
    fields = _LOCAL.pack(
        b"PK\x03\x04",
        _ZIP64_VERSION if is_large else _PLAIN_VERSION,
        _UTF8_NAMES,
        _STORED,
        *_dos_time_and_date(entry.modified_at),
        entry.crc32,
        size,
        size,
        len(name),
        len(extra),
    )
    return fields + name + extra


def central_header(entry: ZipEntry, at: int) -> bytes:
    """4.3.12. The extra field holds only those numbers that were too large (4.5.3)."""
    is_large, is_far = entry.size_bytes >= _IN_ZIP64_32, at >= _IN_ZIP64_32
    large = [entry.size_bytes, entry.size_bytes] if is_large else []
    extra = _zip64_extra(*large, *([at] if is_far else []))
    version = _ZIP64_VERSION if extra else _PLAIN_VERSION
    size = _IN_ZIP64_32 if is_large else entry.size_bytes
    name = entry.encoded_name
    fields = _CENTRAL.pack(
        b"PK\x01\x02",
        _MADE_ON_UNIX | version,
        version,
        _UTF8_NAMES,
        _STORED,
        *_dos_time_and_date(entry.modified_at),
        entry.crc32,
        size,
        size,
        len(name),
        len(extra),
        0,  # no comment
        0,  # on the first disk
        0,  # binary
        _ATTRIBUTES,
        _IN_ZIP64_32 if is_far else at,
    )
    return fields + name + extra


def end_of_archive(count: int, directory_at: int, directory_bytes: int) -> bytes:
    needs_zip64 = (
        count >= _IN_ZIP64_16 or directory_at >= _IN_ZIP64_32 or directory_bytes >= _IN_ZIP64_32
    )
    end = _END.pack(
        b"PK\x05\x06",
        0,
        0,
        *[min(count, _IN_ZIP64_16)] * 2,
        min(directory_bytes, _IN_ZIP64_32),
        min(directory_at, _IN_ZIP64_32),
        0,  # no comment
    )
    return (_zip64_end(count, directory_at, directory_bytes) if needs_zip64 else b"") + end


def _zip64_end(count: int, directory_at: int, directory_bytes: int) -> bytes:
    """4.3.14 and 4.3.15: the record, and where it is."""
    record = _ZIP64_END.pack(
        b"PK\x06\x06",
        _ZIP64_END.size - 12,  # without this field and what stands before it
        _MADE_ON_UNIX | _ZIP64_VERSION,
        _ZIP64_VERSION,
        0,
        0,
        count,
        count,
        directory_bytes,
        directory_at,
    )
    return record + _ZIP64_LOCATOR.pack(b"PK\x06\x07", 0, directory_at + directory_bytes, 1)


def _zip64_extra(*numbers: int) -> bytes:
    if not numbers:
        return b""
    return struct.pack(f"<2H{len(numbers)}Q", _ZIP64_EXTRA, 8 * len(numbers), *numbers)


def _dos_time_and_date(moment: datetime) -> tuple[int, int]:
    """4.4.6: two seconds a step, from 1980 to 2107; what lies outside takes the nearest."""
    utc = moment.astimezone(UTC)
    if utc.year < 1980:
        return 0, 1 << 5 | 1
    if utc.year > 2107:
        return 23 << 11 | 59 << 5 | 29, 127 << 9 | 12 << 5 | 31
    time = utc.hour << 11 | utc.minute << 5 | utc.second // 2
    return time, (utc.year - 1980) << 9 | utc.month << 5 | utc.day

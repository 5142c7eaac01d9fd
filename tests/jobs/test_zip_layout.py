"""The layout of a ZIP: other people's unpackers read what it says, wherever it is cut."""

import hashlib
import io
import random
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from imgproxy_py.jobs.zip_layout import FilePart, ZipLayout
from imgproxy_py.jobs.zip_records import ZipEntry

EVENING = datetime(2026, 11, 21, 17, 30, 41, tzinfo=UTC)
CONTENTS = {
    "plain.webp": b"plain" * 9,
    "leer.png": b"",
    "grüße 日本.jpg": bytes(range(256)) * 5,
}
GIB = 1 << 30


def entry(name: str, data: bytes, **more: object) -> ZipEntry:
    values: dict[str, object] = {
        "name": name,
        "size_bytes": len(data),
        "crc32": zlib.crc32(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "modified_at": EVENING,
    }
    return ZipEntry(**(values | more))  # type: ignore[arg-type]


def entries() -> list[ZipEntry]:
    return [entry(name, data) for name, data in CONTENTS.items()]


def written(layout: ZipLayout, start: int = 0, end: int | None = None) -> bytes:
    """What a reader of these bytes gets, with files taken from CONTENTS."""
    made = b""
    for part in layout.parts(start, layout.total_bytes if end is None else end):
        is_file = isinstance(part, FilePart)
        made += CONTENTS[part.entry.name][part.start : part.end] if is_file else part  # type: ignore[union-attr, operator]
    return made


def test_python_reads_every_file_as_it_was_put_in() -> None:
    archive = zipfile.ZipFile(io.BytesIO(written(ZipLayout(entries()))))

    assert {name: archive.read(name) for name in archive.namelist()} == CONTENTS


def test_files_are_stored_under_utf8_names_with_their_time_and_plain_rights() -> None:
    archive = zipfile.ZipFile(io.BytesIO(written(ZipLayout(entries()))))

    for info in archive.infolist():
        assert info.compress_type == zipfile.ZIP_STORED
        assert info.flag_bits == 0x800
        assert info.date_time == (2026, 11, 21, 17, 30, 40)
        assert (info.create_system, info.external_attr >> 16) == (3, 0o100644)


def test_unzip_finds_nothing_wrong(tmp_path: Path) -> None:
    unzip = shutil.which("unzip")
    if unzip is None:
        pytest.skip("unzip is not installed")
    path = tmp_path / "batch.zip"
    path.write_bytes(written(ZipLayout(entries())))

    tested = subprocess.run([unzip, "-t", path], capture_output=True, text=True, check=False)

    assert "No errors detected in compressed data of" in tested.stdout
    assert (tested.returncode, tested.stderr) == (0, "")


def test_the_length_that_is_told_is_the_length_that_comes() -> None:
    layout = ZipLayout(entries())

    assert len(written(layout)) == layout.total_bytes


def test_every_range_is_cut_from_the_same_bytes() -> None:
    layout = ZipLayout(entries())
    whole = written(layout)
    places = random.Random(4)
    for _ in range(500):
        start, end = sorted(places.randrange(len(whole) + 1) for _ in range(2))
        assert written(layout, start, end) == whole[start:end]


def test_a_range_inside_of_one_file_touches_no_other() -> None:
    layout = ZipLayout(entries())
    at = written(layout).index(CONTENTS["plain.webp"])

    assert list(layout.parts(at + 5, at + 9)) == [FilePart(layout.entries[0], 5, 9)]


def test_an_archive_without_files_is_one_all_the_same() -> None:
    made = written(ZipLayout([]))

    assert len(made) == 22
    assert zipfile.ZipFile(io.BytesIO(made)).namelist() == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name": "other.webp"}, id="another name"),
        pytest.param({"modified_at": EVENING + timedelta(seconds=2)}, id="another time"),
        pytest.param({"sha256": "0" * 64}, id="other bytes of the same checksum"),
    ],
)
def test_the_validator_changes_with_whatever_changes_the_bytes(change: dict[str, object]) -> None:
    before = entry("a.webp", b"a")
    after = replace(before, **change)  # type: ignore[arg-type]

    assert ZipLayout([before]).etag != ZipLayout([after]).etag


def test_the_same_files_have_the_same_validator() -> None:
    assert ZipLayout(entries()).etag == ZipLayout(entries()).etag
    assert ZipLayout(entries()).etag != ZipLayout(entries()[::-1]).etag


def test_the_archive_is_as_old_as_its_newest_file() -> None:
    early, late = entry("a", b""), entry("b", b"", modified_at=EVENING + timedelta(hours=1))

    assert ZipLayout([late, early]).modified_at == EVENING + timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), (1980, 1, 1, 0, 0, 0), id="too early"),
        pytest.param(datetime(2200, 1, 1, tzinfo=UTC), (2107, 12, 31, 23, 59, 58), id="too late"),
        pytest.param(
            datetime(2026, 3, 1, 1, 0, 3, tzinfo=timezone(timedelta(hours=2))),
            (2026, 2, 28, 23, 0, 2),
            id="another time zone",
        ),
    ],
)
def test_times_are_told_in_utc_as_near_as_the_format_can(
    moment: datetime, told: tuple[int, ...]
) -> None:
    made = written(ZipLayout([entry("leer.png", b"", modified_at=moment)]))

    assert zipfile.ZipFile(io.BytesIO(made)).infolist()[0].date_time == told


def sparse(path: Path, layout: ZipLayout, contents: dict[str, bytes]) -> None:
    """The archive as a file, with holes where files without contents lie."""
    at = 0
    with path.open("wb") as file:
        for part in layout.parts(0, layout.total_bytes):
            file.seek(at)
            if isinstance(part, FilePart):
                file.write(contents.get(part.entry.name, b""))
                at += part.end - part.start
            else:
                file.write(part)
                at += len(part)


def large_entries(sizes: Sequence[int]) -> list[ZipEntry]:
    return [
        entry(f"hole-{index}", b"", size_bytes=size, sha256="0" * 64)
        for index, size in enumerate(sizes)
    ]


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([3 * GIB, 3 * GIB], id="the last file begins beyond 4 GiB"),
        pytest.param([5 * GIB], id="one file alone is larger than 4 GiB"),
        pytest.param([4 * GIB - 1], id="a size that would read as the mark for a larger one"),
        pytest.param([0] * 66_000, id="more files than 16 bits count"),
    ],
)
def test_what_32_bits_cannot_hold_is_read_back_by_zip64(tmp_path: Path, sizes: list[int]) -> None:
    last = entry("last.txt", b"found")
    path = tmp_path / "large.zip"
    sparse(path, ZipLayout([*large_entries(sizes), last]), {"last.txt": b"found"})

    archive = zipfile.ZipFile(path)

    assert archive.read("last.txt") == b"found"
    assert [info.file_size for info in archive.infolist()] == [*sizes, 5]
    assert archive.open(archive.infolist()[0]).read(4) == b"\0" * min(4, sizes[0])

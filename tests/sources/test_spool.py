"""Spools: bytes that other processes may read while they arrive."""

import asyncio
import hashlib
import os
import resource
from pathlib import Path

import pytest

from imgproxy_py.sources.errors import OriginTimeout, SourceTooLarge, SpoolFailed
from imgproxy_py.sources.spool import MEMORY_BYTES, Spool

# Where the bytes lie is decided by the announced length.
PLACES = [
    pytest.param(10, id="in memory"),
    pytest.param(MEMORY_BYTES + 1, id="on disk, large"),
    pytest.param(None, id="on disk, of unknown length"),
]


def spool_in(directory: Path, *, expected: int | None = None, limit: int = 1 << 30) -> Spool:
    return Spool(directory, max_source_bytes=limit, expected_bytes=expected)


@pytest.mark.parametrize("expected", PLACES)
def test_a_spool_gives_back_what_was_written(tmp_path: Path, expected: int | None) -> None:
    with spool_in(tmp_path, expected=expected) as spool:
        spool.write(b"pic")
        spool.write(memoryview(b"ture"))
        spool.finish()

        assert spool.bytes_written == 7
        assert spool.read() == b"picture"
        assert spool.head(3) == b"pic"
        assert spool.head(99) == b"picture"
        assert spool.sha256 == hashlib.sha256(b"picture").hexdigest()


@pytest.mark.parametrize("expected", PLACES)
def test_a_spool_has_no_name_in_its_directory(tmp_path: Path, expected: int | None) -> None:
    with spool_in(tmp_path, expected=expected) as spool:
        spool.write(b"picture")

        assert list(tmp_path.iterdir()) == []
        assert ("memfd:" in os.readlink(f"/proc/self/fd/{spool.fileno()}")) is (expected == 10)


@pytest.mark.parametrize("expected", PLACES)
def test_a_reader_sees_the_bytes_and_the_writer_moves_nobody(
    tmp_path: Path, expected: int | None
) -> None:
    with spool_in(tmp_path, expected=expected) as spool:
        spool.write(b"pic")
        reader = os.open(f"/proc/self/fd/{spool.fileno()}", os.O_RDONLY)
        try:
            assert os.read(reader, 2) == b"pi"
            spool.write(b"ture")
            assert os.read(reader, 99) == b"cture"
            assert os.lseek(spool.fileno(), 0, os.SEEK_CUR) == 0
        finally:
            os.close(reader)


def test_a_descriptor_given_away_outlives_the_spool(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        spool.write(b"picture")
        given = os.dup(spool.fileno())
    try:
        assert os.pread(given, 99, 0) == b"picture"
    finally:
        os.close(given)


def test_one_byte_over_the_limit_is_too_large(tmp_path: Path) -> None:
    with spool_in(tmp_path, limit=7) as spool:
        spool.write(b"picture")
        with pytest.raises(SourceTooLarge) as caught:
            spool.write(b"!")

    assert (
        str(caught.value) == "a source image may have at most 7 bytes; this one is larger than that"
    )


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: whole(fd, bytes(data[:2]), at))
    with spool_in(tmp_path) as spool:
        spool.write(b"pict")
        spool.write(b"ure")

        assert spool.read() == b"picture"


def test_a_missing_directory_is_said_without_naming_it() -> None:
    with pytest.raises(SpoolFailed) as caught:
        spool_in(Path("/nowhere/at/all"))

    assert str(caught.value) == "the server has no room for the source image"


@pytest.mark.parametrize("expected", PLACES)
def test_a_disk_that_fills_up_fails_the_write(tmp_path: Path, expected: int | None) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with spool_in(tmp_path, expected=expected) as spool:
        spool.write(b"x" * 1000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, hard))
        try:
            with pytest.raises(SpoolFailed, match="no room for the source image"):
                spool.write(b"x" * 1000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

        assert spool.bytes_written == 1000


def test_an_unfinished_spool_has_no_hash(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool, pytest.raises(RuntimeError, match="not complete"):
        _ = spool.sha256


def test_what_ended_stays_as_it_ended(tmp_path: Path) -> None:
    with spool_in(tmp_path) as failed, spool_in(tmp_path) as finished:
        first = OriginTimeout("first")
        failed.fail(first)
        failed.fail(OriginTimeout("second"))
        failed.finish()
        finished.finish()
        finished.fail(first)

        assert (failed.failure, failed.is_complete) == (first, False)
        assert (finished.failure, finished.is_complete) == (None, True)


async def test_everyone_who_waits_is_woken_by_progress(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        waiters = [asyncio.create_task(spool.wait_progress(0)) for _ in range(3)]
        await asyncio.sleep(0)
        spool.write(b"pic")

        assert await asyncio.gather(*waiters) == [3, 3, 3]


async def test_no_one_waits_for_what_is_already_there(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        spool.write(b"pic")
        assert await spool.wait_progress(2) == 3
        spool.finish()
        assert await spool.wait_progress(3) == 3


async def test_a_finish_wakes_whoever_waits(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        waiter = asyncio.create_task(spool.wait_progress(0))
        ended = asyncio.create_task(spool.wait_ended())
        await asyncio.sleep(0)
        spool.finish()

        assert await waiter == 0
        await ended


async def test_a_failure_wakes_whoever_waits_and_is_raised_to_who_needs_the_whole(
    tmp_path: Path,
) -> None:
    with spool_in(tmp_path) as spool:
        waiter = asyncio.create_task(spool.wait_progress(0))
        ended = asyncio.create_task(spool.wait_ended())
        await asyncio.sleep(0)
        spool.fail(OriginTimeout("too slow"))

        assert await waiter == 0
        with pytest.raises(OriginTimeout, match="too slow"):
            await ended


async def test_a_waiter_that_gives_up_leaves_the_others_waiting(tmp_path: Path) -> None:
    with spool_in(tmp_path) as spool:
        leaving, staying = (asyncio.create_task(spool.wait_progress(0)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.wait([leaving])
        spool.write(b"pic")

        assert leaving.cancelled()
        assert await staying == 3


async def test_a_whole_source_is_there_at_once_and_its_descriptor_ends_with_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "kept").write_bytes(b"picture")
    fd = os.open(tmp_path / "kept", os.O_RDONLY)

    with Spool.whole(fd, bytes_written=7, sha256="ab" * 32) as spool:
        await spool.wait_ended()
        assert (spool.read(), spool.sha256, spool.has_ended) == (b"picture", "ab" * 32, True)
        assert await spool.wait_progress(7) == 7

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_a_forgotten_spool_is_closed_and_complained_about(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    fd = spool.fileno()
    with pytest.warns(ResourceWarning, match="a spool was never closed"):
        del spool

    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)

"""Where compiled code is kept: beside the source, else where the server may write."""

from pathlib import Path

from imgproxy_py.workers.compiled import cache_environment


def test_beside_the_source_nothing_need_be_said(tmp_path: Path) -> None:
    assert cache_environment(tmp_path / "cache", source=tmp_path / "metric") == {}
    assert not (tmp_path / "cache").exists()


def test_a_source_that_cannot_be_written_beside_is_compiled_into_the_servers_folder(
    tmp_path: Path,
) -> None:
    cache = tmp_path / "data" / "cache"

    told = cache_environment(cache, source=unwritable(tmp_path))

    assert told == {"NUMBA_CACHE_DIR": str(cache)}
    assert cache.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_not_named(tmp_path: Path) -> None:
    assert cache_environment(unwritable(tmp_path), source=unwritable(tmp_path)) == {}


def test_without_a_folder_numba_finds_its_own_place(tmp_path: Path) -> None:
    assert cache_environment(None, source=unwritable(tmp_path)) == {}


def unwritable(directory: Path) -> Path:
    """A folder that nobody can make, not even root: a file stands in its way."""
    (directory / "file").touch()
    return directory / "file" / "folder"

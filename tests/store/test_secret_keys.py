"""The server's secrets: made once, kept for their owner alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imgproxy_py.store.secret_keys import load_secret_keys


def test_a_new_installation_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    (key,) = load_secret_keys(tmp_path / "data")

    assert len(key) == 32
    assert stat.S_IMODE((tmp_path / "data" / "secret_keys").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_keys"]


def test_the_next_start_finds_the_same_key(tmp_path: Path) -> None:
    assert load_secret_keys(tmp_path) == load_secret_keys(tmp_path)


def test_configured_keys_are_taken_and_nothing_is_written(tmp_path: Path) -> None:
    assert load_secret_keys(tmp_path, [b"old" * 8, b"new" * 8]) == (b"old" * 8, b"new" * 8)
    assert not any(tmp_path.iterdir())


def test_those_who_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(load_secret_keys, [tmp_path] * 64))

    assert len(found) == 1


def test_a_key_added_by_hand_becomes_the_newest(tmp_path: Path) -> None:
    (first,) = load_secret_keys(tmp_path)
    with (tmp_path / "secret_keys").open("a") as file:
        file.write("bmV3IG5ldyBuZXcgbmV3IG5ldw\n")

    assert load_secret_keys(tmp_path) == (first, b"new new new new new")


def test_an_empty_file_is_refused_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "secret_keys").touch()

    with pytest.raises(ValueError, match="is empty; remove it to have a new key made"):
        load_secret_keys(tmp_path)

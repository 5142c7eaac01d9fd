"""A file that was verified once is known again, and no other is taken for it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from imgproxy_py.store.vetted import Vetted


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "contents"
    path.write_bytes(b"the very bytes")
    return path


def note(vetted: Vetted, path: Path, *, name: str = "name") -> None:
    with path.open("rb") as opened:
        vetted.note(name, opened.fileno())


def mapped(vetted: Vetted, path: Path, *, name: str = "name") -> bytes | None:
    with path.open("rb") as opened:
        found = vetted.mapped(name, opened.fileno())
        return None if found is None else found[:]


def _written(path: Path) -> None:
    path.write_bytes(b"other bytes...")


def _replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(b"the very bytes")
    os.rename(other, path)


def test_a_verified_file_is_mapped_until_it_changes(file: Path) -> None:
    vetted = Vetted()
    note(vetted, file)

    assert mapped(vetted, file) == mapped(vetted, file) == b"the very bytes"
    assert mapped(vetted, file, name="another") is None


@pytest.mark.parametrize("change", [_written, _replaced, lambda path: os.truncate(path, 3)])
def test_a_file_that_changed_is_another(file: Path, change: Callable[[Path], None]) -> None:
    vetted = Vetted()
    note(vetted, file)

    change(file)

    assert mapped(vetted, file) is None


def test_what_was_asked_for_longest_ago_is_forgotten_first(file: Path) -> None:
    vetted = Vetted(max_files=2)
    note(vetted, file, name="a")
    note(vetted, file, name="b")
    assert mapped(vetted, file, name="a")

    note(vetted, file, name="c")

    known = [name for name in "abc" if mapped(vetted, file, name=name)]
    assert known == ["a", "c"]

"""Which pictures a command line names, and under which names their results go."""

import os
from pathlib import Path

import pytest

from imgproxy_py.cli.files import find_pictures, replace_file


def touch(top: Path, *names: str) -> None:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_a_folder_means_every_picture_below_it(tmp_path: Path) -> None:
    touch(tmp_path, "b.JPG", "a.png", "notes.txt", "sub/c.webp", ".hidden/d.png")

    found = find_pictures([str(tmp_path)])

    assert [str(picture.stem) for picture in found] == ["a", "b", "sub/c"]


def test_a_file_that_is_named_is_taken_whatever_its_suffix(tmp_path: Path) -> None:
    touch(tmp_path, "photo.original")

    assert find_pictures([str(tmp_path / "photo.original")])[0].stem == Path("photo")


def test_the_results_of_an_earlier_run_are_no_sources(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "optimized/a.jpg")

    found = find_pictures([str(tmp_path)], output=tmp_path / "optimized")

    assert [picture.stem for picture in found] == [Path("a")]


def test_no_two_pictures_have_one_result(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "a.png", "b.png", "other/a.jpg")
    names = [str(tmp_path), str(tmp_path / "other" / "a.jpg"), "https://x.example/b.gif?size=1"]

    stems = [str(picture.stem) for picture in find_pictures(names)]

    assert stems == ["a.jpg", "a.png", "b.png", "other/a", "a.jpg-2", "b"]


def test_what_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        find_pictures([str(tmp_path / "nothing.png")])


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o640)

    replace_file(path, b"new")

    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)
    assert os.listdir(tmp_path) == ["a.png"]


def test_a_new_file_lies_in_a_folder_made_for_it(tmp_path: Path) -> None:
    replace_file(tmp_path / "x" / "y" / "a.png", b"new")

    assert (tmp_path / "x" / "y" / "a.png").read_bytes() == b"new"

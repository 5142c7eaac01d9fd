"""Names inside a ZIP: whatever clients call their files, each lands beside the others."""

import pytest

from imgproxy_py.jobs.zip_names import ZipNames


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        pytest.param("photo.png", "photo.webp", id="the extension is the result's"),
        pytest.param("photo", "photo.webp", id="no extension"),
        pytest.param("archive.tar.gz", "archive.tar.webp", id="only the last one goes"),
        pytest.param("../../etc/cron.d/x.png", "x.webp", id="a path upward"),
        pytest.param("C:\\autoexec.bat", "autoexec.webp", id="a path of Windows"),
        pytest.param("..", "image.webp", id="the folder above"),
        pytest.param("", "image.webp", id="nothing"),
        pytest.param(".htaccess", "htaccess.webp", id="a hidden file"),
        pytest.param("con.png", "_con.webp", id="a device of Windows"),
        pytest.param("LPT1.tar.png", "_LPT1.tar.webp", id="a device with two extensions"),
        pytest.param("a\x00b\u202egpj.exe", "abgpj.webp", id="a null and a reversal"),
        pytest.param("grüße.png", "grüße.webp", id="letters stay"),
    ],
)
def test_a_name_is_only_ever_a_name(filename: str, name: str) -> None:
    assert ZipNames().unique(filename, extension="webp") == name


def test_files_of_one_name_are_counted() -> None:
    names = ZipNames()

    made = [names.unique("a.png", extension="webp") for _ in range(3)]

    assert made == ["a.webp", "a-2.webp", "a-3.webp"]


def test_a_counted_name_does_not_take_one_that_a_file_has() -> None:
    names = ZipNames()

    made = [names.unique(each, extension="webp") for each in ("a-2.png", "a.png", "a.jpg")]

    assert made == ["a-2.webp", "a.webp", "a-3.webp"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("Photo.png", "photo.png", id="upper and lower case"),
        pytest.param("caf\u00e9.png", "cafe\u0301.png", id="one and two code points"),
        pytest.param("stra\u00dfe.png", "STRASSE.png", id="folded letters"),
    ],
)
def test_names_that_some_system_takes_for_one_are_told_apart(first: str, second: str) -> None:
    names = ZipNames()
    names.unique(first, extension="webp")

    assert "-2." in names.unique(second, extension="webp")


def test_the_longest_name_fits_into_every_file_system_with_its_count() -> None:
    names = ZipNames()

    made = [names.unique("ü" * 300 + ".png", extension="webp") for _ in range(2)]

    assert [len(name.encode()) <= 255 for name in made] == [True, True]
    assert made[0] != made[1]
    assert made[1].endswith("-2.webp")


def test_fifty_thousand_files_of_one_name_are_named_at_once() -> None:
    names = ZipNames()

    made = {names.unique("a.png", extension="webp") for _ in range(50_000)}

    assert len(made) == 50_000
    assert "a-50000.webp" in made

"""`imgproxy-py results`: the store is bounded and purged, and a wrong folder is said to be one."""

from pathlib import Path

import pytest

from tests.cli.command import run
from tests.cli.operating import asked, cwd, told

__all__ = ["cwd"]


@pytest.fixture(autouse=True)
def store(cwd: Path) -> Path:
    folder = cwd / "data" / "results" / "contents" / "ab"
    folder.mkdir(parents=True)
    for number in range(10):
        (folder / f"{number}").write_bytes(bytes(1000))
    return folder


def test_within_the_bound_nothing_goes_and_above_it_a_tenth_more(store: Path) -> None:
    assert told("results", "prune")["removed_blobs"] == 0

    pruned = told("results", "prune", "--max-bytes", "5kB")

    assert (pruned["removed_blobs"], pruned["kept_bytes"]) == (6, 4000)
    assert len(list(store.iterdir())) == 4


def test_a_command_that_opened_the_store_ends_with_its_own_code(cwd: Path) -> None:
    ended = run(cwd, "results", "prune", "--max-bytes", "5kB")
    refused = run(cwd, "results", "purge", "cat.jpg")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "removed 6 blobs, 6.0 kB",
        "kept 4.0 kB, and 0 bytes in libraries",
    ]
    assert (refused.code, refused.out) == (1, "")
    assert "cat.jpg" in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("prune", "--max-bytes", "much"), "give bytes, such as 50000000, 50MB or 50MiB"),
        (("purge",), "give a source's URL, or --tag"),
        (("purge", "--tag", " "), "a tag has 1 to 128 characters"),
    ],
)
def test_what_cannot_be_is_said(arguments: tuple[str, ...], said: str) -> None:
    ended = asked("results", *arguments)

    assert ended.code == 2
    assert said in ended.err


@pytest.mark.parametrize("command", [("prune",), ("purge", "https://example.com/a.jpg")])
def test_in_a_wrong_folder_nothing_is_made(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMGPROXY_PY_DATA_DIR", str(tmp_path / "elsewhere"))

    ended = asked("results", *command)

    assert ended.code == 1
    assert "is IMGPROXY_PY_DATA_DIR that of the server?" in ended.err
    assert not (tmp_path / "elsewhere").exists()

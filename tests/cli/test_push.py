"""`imgproxy-py push` of real files to a real server."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.pushing import (
    batch,
    batch_id,
    counted,
    fill,
    outcomes,
    photo,
    push,
)
from tests.web.api.accounts import PLANS_FILE, new_account
from tests.web.pictures import opened
from tests.web.server import RunningServer, running_server

NOT_AN_IMAGE = "the source is not a JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP or SVG image"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("push")
    (folder / "plans.toml").write_text(PLANS_FILE)
    with running_server(
        folder / "data", PLANS_FILE=str(folder / "plans.toml"), REFINE="off"
    ) as running:
        yield running


def test_a_hundred_and_twenty_files_go_out_in_three_chunks_and_come_back(
    server: RunningServer, tmp_path: Path
) -> None:
    holder = new_account(server)
    fill(tmp_path / "in", 120)

    ended = push(tmp_path, server, "in", "--options", "60", "-o", "out", key=holder.key)

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].split() == ["source", "before", "after", "saved", "score", "target", "result"]
    assert lines[-1].startswith("120 pictures")
    made = {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.jpg")}
    assert made == {path.relative_to(tmp_path / "in") for path in (tmp_path / "in").rglob("*.jpg")}
    assert opened((tmp_path / "out" / "sub" / "p003.jpg").read_bytes()).width == 60
    told = batch(server, batch_id(tmp_path, server, "in", "--options", "60"), holder)
    assert (told["chunks"], told["total_files"], told["succeeded"]) == (3, 120, 120)
    assert counted(server, holder) == (120, 0)


def test_a_second_run_sends_nothing_and_fetches_only_what_is_gone(
    server: RunningServer, tmp_path: Path
) -> None:
    holder = new_account(server)
    fill(tmp_path / "in", 5)
    first = push(tmp_path, server, "in", "--json", key=holder.key)
    (tmp_path / "optimized" / "p001.jpg").unlink()

    second = push(tmp_path, server, "in", "--json", key=holder.key)

    assert (first.code, second.code) == (0, 0)
    assert outcomes(first) == outcomes(second)
    assert (tmp_path / "optimized" / "p001.jpg").exists()
    assert counted(server, holder) == (5, 0)
    assert batch(server, batch_id(tmp_path, server, "in"), holder)["total_files"] == 5


def test_json_proves_every_result(server: RunningServer, tmp_path: Path) -> None:
    fill(tmp_path / "in", 1)

    told = outcomes(push(tmp_path, server, "in", "--json", "--format", "webp"))["in/sub/p000.jpg"]

    made = (tmp_path / "optimized" / "sub" / "p000.webp").read_bytes()
    assert told["result_path"] == "optimized/sub/p000.webp"
    assert told["source_sha256"] == hashlib.sha256(photo(0)).hexdigest()
    assert told["result_sha256"] == hashlib.sha256(made).hexdigest()
    assert (told["result_bytes"], told["format"], told["error"]) == (len(made), "webp", None)
    assert (told["width"], told["height"]) == (120, 90)


def test_bad_files_are_named_with_their_faults_and_the_good_ones_are_done(
    server: RunningServer, tmp_path: Path
) -> None:
    fill(tmp_path / "in", 3)
    (tmp_path / "in" / "text.jpg").write_text("no picture")
    (tmp_path / "in" / "empty.png").write_bytes(b"")
    (tmp_path / "in" / "cut.jpg").write_bytes(photo(50)[:1500])

    ended = push(tmp_path, server, "in")

    assert ended.code == 1
    assert ended.err.splitlines() == [
        "in/cut.jpg: the source image is damaged: premature end of JPEG image (broken_image)",
        "in/empty.png: the uploaded file is empty (upload_empty)",
        f"in/text.jpg: {NOT_AN_IMAGE} (not_an_image)",
    ]
    assert ended.out.splitlines()[-1].startswith("3 pictures")
    assert len(list((tmp_path / "optimized").rglob("*.jpg"))) == 3


def test_what_failed_is_tried_again_once_it_is_mended(
    server: RunningServer, tmp_path: Path
) -> None:
    holder = new_account(server)
    fill(tmp_path / "in", 2)
    (tmp_path / "in" / "late.jpg").write_bytes(photo(60)[:1500])
    command = ("in", "--batch-id", "mended")
    first = push(tmp_path, server, *command, key=holder.key)
    again = push(tmp_path, server, *command, key=holder.key)
    (tmp_path / "in" / "late.jpg").write_bytes(photo(60))

    mended = push(tmp_path, server, *command, key=holder.key)

    assert [first.code, again.code, mended.code] == [1, 1, 0]
    told = batch(server, "mended", holder)
    assert (told["failed"], told["succeeded"]) == (2, 3)
    assert counted(server, holder) == (3, 0)


def test_files_beyond_the_quota_are_named_and_go_out_when_there_is_room(
    server: RunningServer, tmp_path: Path
) -> None:
    holder = new_account(server, plan="two-images")
    fill(tmp_path / "in", 4)

    ended = push(tmp_path, server, "in", key=holder.key)

    assert ended.code == 1
    faults = ended.err.splitlines()
    assert [line.partition(":")[0] for line in faults] == ["in/sub/p000.jpg", "in/sub/p003.jpg"]
    for line in faults:
        assert "the 2 images of this month are used up; " in line
        assert line.endswith(" (quota_exceeded)")
    assert counted(server, holder) == (2, 0)
    again = push(tmp_path, server, "in", key=holder.key)
    assert again.err == ended.err


def test_in_place_keeps_formats_and_the_second_time_everything(
    server: RunningServer, tmp_path: Path
) -> None:
    fill(tmp_path / "in", 2)
    (tmp_path / "in" / "logo.png").write_bytes(png := _png())
    (tmp_path / "in" / "scan.tif").write_bytes(scan := _tiff())

    ended = push(tmp_path, server, "in", "--in-place", "--json")

    told = outcomes(ended)
    assert (ended.code, ended.err) == (0, "")
    assert (tmp_path / "in" / "scan.tif").read_bytes() == scan
    assert told["in/scan.tif"]["warnings"] == [
        "TIFF files are not written by the server; this one stays as it is"
    ]
    after = {name: (tmp_path / "in" / name).read_bytes() for name in ("p001.jpg", "logo.png")}
    for name, before in (("p001.jpg", photo(1)), ("logo.png", png)):
        assert len(after[name]) < len(before)
        assert after[name][:2] == before[:2]
        assert hashlib.sha256(after[name]).hexdigest() == told[f"in/{name}"]["result_sha256"]
    left = {path.name for path in (tmp_path / "in").iterdir()}
    assert left == {"logo.png", "p001.jpg", "scan.tif", "sub"}

    second = outcomes(push(tmp_path, server, "in", "--in-place", "--json"))
    assert {one["result_path"] for one in second.values()} == {None}
    assert {one["saved_percent"] for one in second.values()} == {0.0}
    assert {name: (tmp_path / "in" / name).read_bytes() for name in after} == after


def _png() -> bytes:
    return bytes(opened(photo(3)).pngsave_buffer(compression=0))


def _tiff() -> bytes:
    return bytes(opened(photo(3)).tiffsave_buffer())


def test_a_zip_holds_every_result(server: RunningServer, tmp_path: Path) -> None:
    fill(tmp_path / "in", 6)

    ended = push(tmp_path, server, "in", "--zip", "out/all.zip", "--format", "webp")

    assert (ended.code, ended.err) == (0, "")
    with zipfile.ZipFile(tmp_path / "out" / "all.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == [f"p{number:03}.webp" for number in range(6)]
        assert opened(archive.read("p002.webp")).width == 120
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["all.zip"]


def test_files_of_one_name_are_told_apart_by_their_folders(
    server: RunningServer, tmp_path: Path
) -> None:
    for number, place in enumerate(("red", "blue")):
        (tmp_path / "in" / place).mkdir(parents=True)
        (tmp_path / "in" / place / "shoe.jpg").write_bytes(photo(number + 70))

    ended = push(tmp_path, server, "in", "--zip", "all.zip", "--options", "50")
    mirrored = push(tmp_path, server, "in", "--options", "50")

    assert (ended.code, mirrored.code) == (0, 0)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        named = {name: archive.read(name) for name in archive.namelist()}
    assert sorted(named) == ["in-blue-shoe.jpg", "in-red-shoe.jpg"]
    for place in ("red", "blue"):
        made = (tmp_path / "optimized" / place / "shoe.jpg").read_bytes()
        assert named[f"in-{place}-shoe.jpg"] == made


@pytest.mark.parametrize(
    ("limit", "complaint"),
    [
        (("--max-bytes", "10"), "bytes; --max-bytes allows 10"),
        (("--fail-over", "1"), "% smaller; --fail-over allows 1 %"),
        (("--fail-under", "99.9"), "; --fail-under asks for 99.9"),
    ],
)
def test_a_limit_that_is_passed_ends_the_command_with_1(
    server: RunningServer, tmp_path: Path, limit: tuple[str, str], complaint: str
) -> None:
    fill(tmp_path / "in", 1)

    ended = push(tmp_path, server, "in", *limit)

    assert ended.code == 1
    assert ended.err.startswith("in/sub/p000.jpg: ")
    assert ended.err.endswith(f"{complaint}\n")


def test_a_wrong_key_ends_the_command_with_words(server: RunningServer, tmp_path: Path) -> None:
    fill(tmp_path / "in", 1)

    ended = push(tmp_path, server, "in", key="opt_" + "w" * 43)

    assert ended.code == 1
    assert ended.err.startswith("imgproxy-py push: the server refused this (401 api_key_invalid): ")
    assert ended.err.endswith("; give the right key with --api-key or in IMGPROXY_PY_API_KEY\n")
    assert not (tmp_path / "optimized").exists()


def test_a_dry_run_names_what_would_go_out_and_asks_nobody(tmp_path: Path) -> None:
    fill(tmp_path / "in", 2)
    nobody = RunningServer(host="127.0.0.1", port=9, pid=0, data_dir=tmp_path)

    ended = push(tmp_path, nobody, "in", "--dry-run")

    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == f"in/p001.jpg: {len(photo(1))} bytes, as p001.jpg"
    total = len(photo(0)) + len(photo(1))
    assert lines[-1].startswith(f"2 files of {total} bytes would go out in 1 request, as the batch")

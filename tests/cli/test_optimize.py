"""`imgproxy-py optimize` on real files, folders and URLs."""

import base64
import contextlib
import hashlib
import json
from pathlib import Path

import pytest
import pyvips
from click.testing import CliRunner

from imgproxy_py.cli.app import main
from imgproxy_py.engine.receipt import Receipt
from tests.cli.command import Ended, run
from tests.cli.html import read_page
from tests.web.origin import running_origin
from tests.web.pictures import jpeg, opened, png


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures, one of them in a sub-folder, and a text."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "photo.jpg").write_bytes(jpeg())
    (tmp_path / "in" / "sub" / "logo.png").write_bytes(png())
    (tmp_path / "in" / "readme.txt").write_text("no picture")
    return tmp_path


def test_a_folder_is_mirrored_with_its_results_and_a_table(folder: Path) -> None:
    ended = run(folder, "optimize", "in", "--options", "100,format=webp", "-o", "out")

    assert (ended.code, ended.err) == (0, "")
    made = sorted(str(path.relative_to(folder)) for path in (folder / "out").rglob("*.*"))
    assert made == ["out/photo.webp", "out/sub/logo.webp"]
    assert opened((folder / "out" / "photo.webp").read_bytes()).width == 100
    assert (folder / "in" / "photo.jpg").read_bytes() == jpeg()
    lines = ended.out.splitlines()
    assert lines[0].split() == ["source", "before", "after", "saved", "score", "target", "result"]
    assert "100×75 webp" in lines[1]
    assert lines[-1].startswith("2 pictures")
    assert max(map(len, lines)) <= 100


def test_json_is_one_object_a_picture_and_warnings_go_elsewhere(folder: Path) -> None:
    ended = run(folder, "optimize", "in", "--json", "--options", "full,qualty=low")

    told = [json.loads(line) for line in ended.out.splitlines()]
    assert [entry["source"] for entry in told] == ["in/photo.jpg", "in/sub/logo.png"]
    assert told[0]["result_path"] == "optimized/photo.jpg"
    assert told[0]["result_bytes"] < told[0]["source_bytes"] == len(jpeg())
    assert 0 < told[0]["saved_percent"] < 100
    assert (told[0]["width"], told[0]["height"], told[0]["format"]) == (640, 480, "jpeg")
    assert ended.err.startswith("warning: ")
    assert "quality" in ended.err


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """One picture that was made with a limit that no low quality passes."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "photo.jpg").write_bytes(jpeg())
    arguments = ("photo.jpg", "--json", "--options", "320,quality=low", "--fail-under", "99")
    return folder, run(folder, "optimize", *arguments)


def test_json_proves_its_result(measured: tuple[Path, Ended]) -> None:
    folder, ended = measured

    told = json.loads(ended.out)
    made = (folder / told["result_path"]).read_bytes()
    assert told["source_sha256"] == hashlib.sha256(jpeg()).hexdigest()
    assert told["result_sha256"] == hashlib.sha256(made).hexdigest()
    assert told["target"] == 60
    assert told["score"] >= 60
    assert told["attempts"] >= 1
    assert told["stop"] == "target"
    receipt = Receipt.parse(told["receipt"])
    assert (receipt.original, receipt.result) == (len(jpeg()), len(made))
    assert (receipt.options, receipt.score) == ("320,quality=low", told["score"])


def test_only_a_quick_run_leaves_work_for_later(folder: Path) -> None:
    command = ("optimize", "in/photo.jpg", "--json", "--options", "320")
    settled = json.loads(run(folder, *command).out)
    quick = json.loads(run(folder, *command, "--quick").out)

    assert (settled["settled"], quick["settled"]) == (True, False)
    assert settled["result_bytes"] <= quick["result_bytes"]


def test_a_report_shows_what_was_and_what_became_of_it(folder: Path) -> None:
    ended = run(folder, "optimize", "in", "--report", "reports/all.html")

    page = read_page((folder / "reports" / "all.html").read_text())
    assert (ended.code, ended.err) == (0, "")
    assert [one.text for one in page.all("h2")] == ["in/photo.jpg", "in/sub/logo.png"]
    shown = [base64.b64decode(one["src"].partition(",")[2]) for one in page.all("img")]
    assert shown[0] == jpeg()
    assert shown[1] == (folder / "optimized" / "photo.jpg").read_bytes()
    assert shown[2] == png()
    assert page.all("circle", class_="winner")


def test_a_report_keeps_what_was_replaced_in_place(folder: Path) -> None:
    ended = run(folder, "optimize", "in/photo.jpg", "--in-place", "--report", "report.html")

    page = read_page((folder / "report.html").read_text())
    shown = [base64.b64decode(one["src"].partition(",")[2]) for one in page.all("img")]
    assert (ended.code, ended.err) == (0, "")
    assert shown == [jpeg(), (folder / "in" / "photo.jpg").read_bytes()]
    assert len(shown[1]) < len(shown[0])


def test_a_report_never_replaces_a_source(folder: Path) -> None:
    with contextlib.chdir(folder):
        ended = CliRunner().invoke(main, ["optimize", "in", "--report", "in/sub/../photo.jpg"])

    assert ended.exit_code == 2
    assert "the report would replace the source in/sub/../photo.jpg" in ended.stderr
    assert (folder / "in" / "photo.jpg").read_bytes() == jpeg()


def test_a_low_score_ends_the_command_with_1(measured: tuple[Path, Ended]) -> None:
    _, ended = measured

    assert ended.code == 1
    assert ended.err.startswith("photo.jpg: score ")
    assert ended.err.endswith("; --fail-under asks for 99\n")


def test_in_place_keeps_names_and_formats_and_the_second_time_everything(folder: Path) -> None:
    first = run(folder, "optimize", "in", "--in-place", "--accept", "avif")
    photo, logo = (folder / "in" / "photo.jpg", folder / "in" / "sub" / "logo.png")
    after_first = (photo.read_bytes(), logo.read_bytes())
    second = run(folder, "optimize", "in", "--in-place", "--json")

    assert first.code == second.code == 0
    assert after_first[0][:2] == b"\xff\xd8"
    assert len(after_first[0]) < len(jpeg())
    assert after_first[1][1:4] == b"PNG"
    assert (photo.read_bytes(), logo.read_bytes()) == after_first
    assert [json.loads(line)["result_path"] for line in second.out.splitlines()] == [None, None]
    assert not (folder / "optimized").exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        pytest.param(["in", "-o", "in"], "in/photo.jpg", id="a folder onto itself"),
        pytest.param(["in/photo.jpg", "-o", "in"], "in/photo.jpg", id="a file into its folder"),
        pytest.param(["in", "-o", "in/sub/.."], "in/sub/../photo.jpg", id="spelled otherwise"),
        pytest.param(["in", "-o", "link"], "link/photo.jpg", id="through a link"),
        pytest.param(
            ["in/sub/logo.png", "-o", "in/sub", "--options", "full,format=png"],
            "in/sub/logo.png",
            id="its own format asked for",
        ),
    ],
)
def test_a_source_is_never_replaced_without_in_place(
    folder: Path, arguments: list[str], named: str
) -> None:
    (folder / "link").symlink_to("in")
    with contextlib.chdir(folder):
        ended = CliRunner().invoke(main, ["optimize", *arguments])

    assert ended.exit_code == 2
    told = f"the result would replace the source {named}; use --in-place, or another folder with -o"
    assert told in ended.stderr
    assert (folder / "in" / "photo.jpg").read_bytes() == jpeg()
    assert (folder / "in" / "sub" / "logo.png").read_bytes() == png()


def test_a_result_of_another_format_may_lie_beside_its_source(folder: Path) -> None:
    ended = run(folder, "optimize", "in/photo.jpg", "-o", "in", "--options", "90,format=webp")

    assert (ended.code, ended.err) == (0, "")
    assert opened((folder / "in" / "photo.webp").read_bytes()).width == 90
    assert (folder / "in" / "photo.jpg").read_bytes() == jpeg()


def test_a_format_that_a_picture_cannot_have_does_not_cost_the_source(folder: Path) -> None:
    ended = run(folder, "optimize", "in/photo.jpg", "-o", "in", "--options", "90,format=h264")

    assert ended.code == 1
    assert "would replace the source in/photo.jpg; use --in-place" in ended.err
    assert (folder / "in" / "photo.jpg").read_bytes() == jpeg()


def test_in_place_writes_through_a_link_to_its_file(folder: Path) -> None:
    link = folder / "link.jpg"
    link.symlink_to("in/photo.jpg")

    ended = run(folder, "optimize", "link.jpg", "--in-place", "--options", "90")

    assert (ended.code, ended.err) == (0, "")
    assert link.is_symlink()
    assert opened((folder / "in" / "photo.jpg").read_bytes()).width == 90


def test_a_format_that_cannot_be_written_is_left_alone_in_place(tmp_path: Path) -> None:
    picture = pyvips.Image.black(20, 20, bands=3).copy(interpretation="srgb")
    tiff = tmp_path / "scan.tiff"
    tiff.write_bytes(picture.tiffsave_buffer())
    before = tiff.read_bytes()

    ended = run(tmp_path, "optimize", "scan.tiff", "--in-place")

    assert (ended.code, tiff.read_bytes()) == (0, before)
    assert "scan.tiff: TIFF files are not written here; this one stays as it is" in ended.out


def test_one_broken_picture_fails_the_command_and_not_the_others(folder: Path) -> None:
    (folder / "in" / "broken.jpg").write_bytes(jpeg()[:200])
    (folder / "in" / "page.png").write_bytes(b"<html>")

    ended = run(folder, "optimize", "in")

    assert ended.code == 1
    assert (folder / "optimized" / "photo.jpg").exists()
    assert "in/broken.jpg: " in ended.err
    assert "in/page.png: " in ended.err
    assert "not optimized" in ended.out


def test_json_tells_the_size_of_a_file_that_was_not_optimized(tmp_path: Path) -> None:
    (tmp_path / "page.png").write_bytes(b"<html>")

    ended = run(tmp_path, "optimize", "page.png", "--json")

    told = json.loads(ended.out)
    assert told["error"]
    assert (told["source_bytes"], told["result_bytes"]) == (6, None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["in", "--options", "wat=9"], "    wat=9\n    ^^^^^\n"),
        (["nowhere.png"], "there is no file or folder nowhere.png"),
        (["in", "--in-place", "--options", "format=avif"], "--in-place keeps each file's format"),
        (["https://a.example/b.png", "--in-place"], "a URL cannot be replaced"),
        ([], "Missing argument 'SOURCES...'"),
    ],
)
def test_a_wrong_command_line_is_2_and_says_why(
    folder: Path, arguments: list[str], told: str
) -> None:
    with contextlib.chdir(folder):
        ended = CliRunner().invoke(main, ["optimize", *arguments])

    assert ended.exit_code == 2
    assert told in ended.stderr


def test_a_passed_limit_ends_the_command_with_1(folder: Path) -> None:
    ended = run(folder, "optimize", "in/photo.jpg", "--max-bytes", "1000")

    assert ended.code == 1
    assert "in/photo.jpg: " in ended.err
    assert "--max-bytes allows 1000" in ended.err


def test_a_url_is_fetched_where_the_settings_allow_it(tmp_path: Path) -> None:
    with running_origin() as origin:
        url = origin.put("/holiday%20photo.jpeg?x=1", jpeg())
        allowed = {"ALLOWED_NETWORKS": "127.0.0.0/8", "ALLOWED_PORTS": "1-65535"}
        ended = run(tmp_path, "optimize", url, "--options", "80", **allowed)
        refused = run(tmp_path, "optimize", url, ALLOWED_PORTS="1-65535")
        closed = run(tmp_path, "optimize", url)

    assert ended.code == 0
    assert opened((tmp_path / "optimized" / "holiday photo.jpg").read_bytes()).width == 80
    assert (refused.code, closed.code) == (1, 1)
    assert (
        "the source's host is not on the public Internet; IMGPROXY_PY_ALLOWED_NETWORKS opens "
        "networks of your own, as in 127.0.0.0/8"
    ) in refused.err
    assert (
        f"sources on port {origin.port} are not allowed; IMGPROXY_PY_ALLOWED_PORTS, "
        "ALLOWED_SOURCES and DENIED_SOURCES decide that"
    ) in closed.err


def test_a_folder_without_pictures_says_so(tmp_path: Path) -> None:
    ended = CliRunner().invoke(main, ["optimize", str(tmp_path)])

    assert (ended.exit_code, ended.stderr) == (1, "no pictures found\n")

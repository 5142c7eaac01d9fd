"""`imgproxy-py serve` as it is met the first time, and the second."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from imgproxy_py.cli.app import main
from tests.cli.command import environment, run
from tests.web.pictures import opened


@contextmanager
def started(cwd: Path, **settings: str) -> Iterator[str]:
    """A server that was started in `cwd`, and all that it said up to its last line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "imgproxy_py", "serve"],
        cwd=cwd,
        env=environment(cwd / "data", PORT="0", **settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if "curl " in line:
                break
        yield "".join(said)
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(20)
        process.stdout.close()
    assert code == 0


def paste(said: str, cwd: Path) -> int:
    """Runs the printed line in a real shell; gives the width of the picture that it saved."""
    line = re.search(r"curl .*", said)
    assert line
    subprocess.run(["sh", "-c", f"{line[0]} -sS --fail"], cwd=cwd, check=True, timeout=30)
    return int(opened((cwd / "sample-600.jpg").read_bytes()).width)


def test_the_line_it_prints_works_as_pasted_the_first_time_and_the_second(tmp_path: Path) -> None:
    with started(tmp_path) as said:
        width = paste(said, tmp_path)
        username = re.search(r"username  (\S+)", said)
    with started(tmp_path) as said_again:
        width_again = paste(said_again, tmp_path)

    assert username
    assert re.search(r"API key   opt_[\w-]{43} ", said)
    assert "opt_" not in said_again
    assert f"/{username[1]}/600" in said_again
    assert (width, width_again) == (600, 600)


def test_a_username_with_a_space_and_a_quote_works_as_pasted_too(tmp_path: Path) -> None:
    with started(tmp_path, BOOTSTRAP_USERNAME="it's me") as said:
        assert paste(said, tmp_path) == 600


def test_wrong_settings_are_refused_by_name_all_at_once(tmp_path: Path) -> None:
    ended = run(tmp_path, "serve", PORT="many", REDIRECT="sometimes", ALLOWED_NETWORKS="10/8x")

    assert (ended.code, ended.out) == (2, "")
    for name in ("PORT", "REDIRECT", "ALLOWED_NETWORKS"):
        assert f"IMGPROXY_PY_{name}" in ended.err
    assert "Traceback" not in ended.err


def test_a_port_that_is_taken_is_said_so_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path, "serve", PORT=str(port))

    assert ended.code == 1
    assert ended.err == f"imgproxy-py cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_help_names_every_command_with_what_it_does() -> None:
    ended = CliRunner().invoke(main, ["--help"])

    assert ended.exit_code == 0
    for command in ("serve", "optimize", "doctor"):
        assert re.search(rf"^  {command} +[A-Z].*\.$", ended.output, re.MULTILINE)
    assert "..." not in ended.output.partition("Commands:")[2]


def test_doctor_finds_everything_well_here(tmp_path: Path) -> None:
    ended = run(tmp_path, "doctor")

    assert (ended.code, ended.err) == (0, "")
    for subject in ("version", "libvips", "disk", "database", "results", "engine", "limits"):
        assert re.search(rf"^ok   {subject} ", ended.out, re.MULTILINE), subject


def test_doctor_makes_nothing_where_nothing_is(tmp_path: Path) -> None:
    ended = run(tmp_path, "doctor")

    assert list(tmp_path.iterdir()) == []
    for subject in ("disk", "database", "results"):
        assert re.search(rf"^ok   {subject} .*, will be created$", ended.out, re.MULTILINE), subject


def test_doctor_looks_into_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "data" / "results").mkdir(parents=True)
    (tmp_path / "data" / "imgproxy.db").write_bytes(b"no database" * 100)

    ended = run(tmp_path, "doctor")

    assert ended.code == 1
    assert re.search(r"^bad  database .*file is not a database", ended.out, re.MULTILINE)
    assert re.search(r"^ok   results +file$", ended.out, re.MULTILINE)
    assert re.search(r"^ok   disk .*GB free in .*data$", ended.out, re.MULTILINE)


def test_doctor_names_a_data_folder_that_cannot_be_made(tmp_path: Path) -> None:
    ended = run(tmp_path, "doctor", DATA_DIR="/proc/none")

    assert ended.code == 1
    for subject in ("disk", "database", "results"):
        assert re.search(rf"^bad  {subject} ", ended.out, re.MULTILINE), subject


def test_doctor_names_what_is_wrong_and_ends_with_1(tmp_path: Path) -> None:
    ended = run(tmp_path, "doctor", RESULTS_URL="file:///proc/none")

    assert ended.code == 1
    assert re.search(r"^bad  results ", ended.out, re.MULTILINE)

"""A push that is broken off, by Ctrl-C, by its server or by the line, and goes on."""

import asyncio
import signal
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgproxy_py.cli.push.archive import fetch_archive
from imgproxy_py.cli.push.batch import Batch
from imgproxy_py.cli.push.client import Client
from tests.cli.cutting import breaking_line
from tests.cli.pushing import batch, batch_id, counted, fill, photo, push, pushing
from tests.ports import free_port
from tests.waiting import eventually
from tests.web.api.accounts import Holder, new_account
from tests.web.server import API_KEY, RunningServer, running_server

SETTINGS = {"REFINE": "off", "ENGINE_WORKERS": "1"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("resume") / "data", **SETTINGS) as running:
        yield running


def has_succeeded(server: RunningServer, name: str, holder: Holder, count: int) -> bool:
    return int(batch(server, name, holder).get("succeeded", 0)) >= count


@pytest.mark.slow
def test_after_ctrl_c_the_same_command_goes_on_and_does_nothing_twice(
    server: RunningServer, tmp_path: Path
) -> None:
    holder = new_account(server)
    fill(tmp_path / "in", 120)
    (tmp_path / "in" / "text.jpg").write_text("no picture")
    name = batch_id(tmp_path, server, "in")
    with pushing(tmp_path, server, "in", key=holder.key) as process:
        assert eventually(lambda: has_succeeded(server, name, holder, 10), 60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "interrupted; run the same command again to go on from here\n"

    again = push(tmp_path, server, "in", key=holder.key)

    assert again.code == 1
    assert again.err.startswith("in/text.jpg: the source is not a JPEG, ")
    assert len(list((tmp_path / "optimized").rglob("*.jpg"))) == 120
    told = batch(server, name, holder)
    assert (told["succeeded"], told["failed"]) == (120, 0)
    assert counted(server, holder) == (120, 0)


@pytest.mark.slow
def test_a_push_in_place_that_is_interrupted_has_changed_nothing(
    server: RunningServer, tmp_path: Path
) -> None:
    holder = new_account(server)
    fill(tmp_path / "in", 60)
    before = contents(tmp_path / "in")
    name = batch_id(tmp_path, server, "in", "--in-place")
    with pushing(tmp_path, server, "in", "--in-place", key=holder.key) as process:
        assert eventually(lambda: has_succeeded(server, name, holder, 20), 60)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    assert contents(tmp_path / "in") == before

    again = push(tmp_path, server, "in", "--in-place", key=holder.key)

    assert (again.code, again.err) == (0, "")
    after = contents(tmp_path / "in")
    assert after.keys() == before.keys()
    assert all(len(after[path]) < len(data) for path, data in before.items())
    assert counted(server, holder) == (60, 0)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_server_that_starts_anew_in_the_middle_is_waited_for(tmp_path: Path) -> None:
    port = str(free_port())
    fill(tmp_path / "in", 120)
    with running_server(tmp_path / "server", PORT=port, **SETTINGS) as first:
        holder = new_account(first)
        name = batch_id(tmp_path, first, "in")
        context = pushing(tmp_path, first, "in", key=holder.key)
        process = context.__enter__()
        assert eventually(lambda: has_succeeded(first, name, holder, 10), 60)
    # It looks at its batch again, and finds nobody.
    assert eventually(lambda: "waiting for the server: " in process.errors_so_far(), 60)
    with running_server(tmp_path / "server", PORT=port, **SETTINGS) as second:
        out, err = process.communicate(timeout=120)
        context.__exit__(None, None, None)
        assert process.returncode == 0
        assert all(line.startswith("waiting for the server: ") for line in err.splitlines())
        assert out.splitlines()[-1].startswith("120 pictures")
        told = batch(second, name, holder)
        assert (told["total_files"], told["succeeded"]) == (120, 120)
        assert counted(second, holder) == (120, 0)


def test_a_file_that_changed_since_the_last_run_is_sent_anew_into_a_named_batch(
    server: RunningServer, tmp_path: Path
) -> None:
    holder = new_account(server)
    fill(tmp_path / "in", 3)
    push(tmp_path, server, "in", "--batch-id", "named", key=holder.key)
    (tmp_path / "in" / "p001.jpg").write_bytes(photo(80, 100, 80))

    ended = push(tmp_path, server, "in", "--batch-id", "named", "--json", key=holder.key)

    assert ended.code == 0
    assert '"width": 100' in ended.out
    assert batch(server, "named", holder)["total_files"] == 4
    assert counted(server, holder) == (4, 0)


def test_results_that_the_server_has_lost_are_made_again(
    server: RunningServer, tmp_path: Path
) -> None:
    fill(tmp_path / "in", 2)
    command = ("in", "--batch-id", "lost", "--json")
    first = push(tmp_path, server, *command, "-o", "first")
    for path in (server.data_dir / "results").rglob("*"):
        if path.is_file():
            path.unlink()

    second = push(tmp_path, server, *command, "-o", "second")

    assert (first.code, second.code, second.err) == (0, 0, "")
    made = contents(tmp_path / "second")
    assert list(made.values()) == list(contents(tmp_path / "first").values())
    assert len(made) == 2


async def test_an_archive_goes_on_where_the_line_broke(
    server: RunningServer, tmp_path: Path
) -> None:
    fill(tmp_path / "in", 8)
    await asyncio.to_thread(push, tmp_path, server, "in", "--batch-id", "line")
    cut_at = b"GET /api/v1/batches/line/zip"
    with breaking_line(server, cut_at=cut_at, after_bytes=3000) as (url, line):
        client = Client(url, API_KEY, connections=1)
        try:
            await fetch_archive(Batch(client=client, id="line"), tmp_path / "all.zip")
        finally:
            await client.close()

    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == 8
    assert len(line.heads) == 2
    assert b"\r\nrange: bytes=3000-\r\n" in line.heads[1].lower()
    assert b"\r\nif-range: " in line.heads[1].lower()

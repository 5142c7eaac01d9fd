"""The Dockerfile is carried out line by line in a clean Debian, and what it makes must serve.

No Docker is needed: `debootstrap`, a namespace and `chroot` do what a builder would. The slow part
is skipped, with the reason, where this machine cannot do that.
"""

import os
import shutil
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import pyvips

from tests.docker.container import USERNAME, Container, environment_for, running
from tests.docker.debian_root import DebianRoot, ended, mirror_of, why_not
from tests.docker.dockerfile import build_context, read_instructions
from tests.docker.image import HANDLERS, Image, build, suite_of_dockerfile
from tests.pictures import landscape

PROJECT = Path(__file__).parents[1]
STOP_SECONDS = 10


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    if reason := why_not():
        pytest.skip(reason)
    suite = suite_of_dockerfile(PROJECT)
    mirror = mirror_of(suite)
    if mirror is None or not _can_be_reached(f"{mirror}/dists/{suite}/Release"):
        pytest.skip(f"this machine names no mirror of Debian {suite} that it can reach")
    path = tmp_path_factory.mktemp("image") / "root"
    try:
        yield build(PROJECT, DebianRoot(path, suite=suite, mirror=mirror))
    finally:
        shutil.rmtree(path)  # nearly a gigabyte; pytest would keep three of them


def _can_be_reached(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=20):
            return True
    except OSError:
        return False


@pytest.fixture(scope="module")
def container(image: Image) -> Iterator[Container]:
    with running(image) as container:
        yield container


def test_every_instruction_of_the_dockerfile_is_carried_out() -> None:
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8")

    keywords = {instruction.keyword for instruction in read_instructions(text)}

    assert keywords - {"FROM"} <= HANDLERS.keys()
    assert {"USER", "HEALTHCHECK", "VOLUME", "STOPSIGNAL", "CMD"} <= keywords


def test_the_build_context_holds_only_what_is_installed() -> None:
    context = [*build_context(PROJECT)]

    files = {str(path) for path in context if len(path.parts) == 1}
    assert files <= {"LICENSE", "README.md", "pyproject.toml", "setup.cfg"}
    assert {"setup.cfg", "pyproject.toml"} <= files
    assert {path.parts[0] for path in context} - files == {"imgproxy_py", "options_grammar"}
    assert not [path for path in context if path.suffix == ".pyc" or path.name == ".env"]


@pytest.mark.slow
def test_the_image_says_how_it_is_run(image: Image) -> None:
    assert image.ports == (8000,)
    assert image.volumes == (image.environment["IMGPROXY_PY_DATA_DIR"],)
    assert image.environment["IMGPROXY_PY_HOST"] == "0.0.0.0"


@pytest.mark.slow
def test_the_container_answers_that_it_lives(container: Container) -> None:
    status, _, _ = container.ask("GET", "/livez")

    assert status == 200, container.log


@pytest.mark.slow
def test_an_uploaded_picture_is_optimized_in_the_container(container: Container) -> None:
    source = landscape(900, 600).jpegsave_buffer(Q=92)

    status, content_type, result = container.ask("POST", f"/{USERNAME}/300,format=jpeg", source)

    assert (status, content_type) == (200, "image/jpeg"), container.log
    picture = pyvips.Image.new_from_buffer(result, "")
    assert (picture.width, picture.height) == (300, 200)
    assert len(result) < len(source) / 4


@pytest.mark.slow
def test_the_text_of_an_svg_is_drawn_with_the_image_s_own_font(container: Container) -> None:
    source = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100">'
        b'<rect width="300" height="100" fill="#fff"/>'
        b'<text x="10" y="70" font-size="60" font-family="sans-serif">Illus</text></svg>'
    )

    status, _, result = container.ask("POST", f"/{USERNAME}/full,format=png", source)

    assert status == 200, container.log
    dark = pyvips.Image.new_from_buffer(result, "").colourspace("b-w").extract_band(0) < 128
    # Measured: 5.4 % of the pixels are letters; without a font, hollow boxes cover 0.6 %.
    assert 0.03 < dark.avg() / 255 < 0.1


@pytest.mark.slow
def test_the_container_runs_as_its_own_user_and_owns_its_data(container: Container) -> None:
    status = Path(f"/proc/{container.pid}/status").read_text(encoding="ascii")
    data = container.image.root.path / "data"

    ids = {name: line.split() for name, _, line in map(_parts, status.splitlines())}
    assert set(ids["Uid"] + ids["Gid"]) == {"10001"}
    assert set(ids["Groups"]) <= {"10001"}
    assert {file.stat().st_uid for file in data.iterdir()} == {10001}
    assert (data / "imgproxy.db").is_file()


def _parts(line: str) -> tuple[str, str, str]:
    return line.partition(":")


@pytest.mark.slow
def test_the_server_and_its_engine_children_use_jemalloc(container: Container) -> None:
    process = Path(f"/proc/{container.pid}")
    # A child stands in the list of the thread that started it.
    children: list[str] = []
    for listed in process.glob("task/*/children"):
        with suppress(OSError):  # a thread that has ended meanwhile
            children += listed.read_text(encoding="ascii").split()

    assert children
    for pid in (str(container.pid), *children):
        assert "libjemalloc.so.2" in Path(f"/proc/{pid}/maps").read_text(), pid


@pytest.mark.slow
@pytest.mark.parametrize(
    ("is_running", "expected"),
    [
        pytest.param(True, True, id="the server answers"),
        pytest.param(False, False, id="nobody listens"),
    ],
)
def test_the_health_check_tells_whether_the_server_answers(
    container: Container, is_running: bool, expected: bool
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        port = container.port if is_running else bound.getsockname()[1]
        process = container.image.start(container.image.health, environment_for(port))
        with ended(process):
            output, _ = process.communicate(timeout=30)

    assert (process.returncode == 0) is expected, output


@pytest.mark.slow
def test_the_container_stops_soon_after_its_stop_signal(image: Image) -> None:
    with running(image) as container:
        started = time.monotonic()
        os.kill(container.pid, image.stop_signal)

        container.process.wait(STOP_SECONDS)

        assert container.process.returncode == 0
        assert time.monotonic() - started < STOP_SECONDS
        assert image.stop_signal == signal.SIGTERM

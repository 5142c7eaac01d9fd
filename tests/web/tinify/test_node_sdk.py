"""The official Node SDK, unmodified, as the package registry has it."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.web.origin import running_origin
from tests.web.pictures import jpeg
from tests.web.server import API_KEY, RunningServer

HERE = Path(__file__).parent
INSTALL = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "tinify@1.8"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK in it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not here")
    folder = tmp_path_factory.mktemp("node")
    (folder / "package.json").write_text('{"private": true}')
    try:
        installed = subprocess.run(INSTALL, cwd=folder, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        pytest.skip("the package registry does not answer")
    if installed.returncode != 0:
        pytest.skip("the package registry cannot be reached")
    for name in ("client.js", "over_http.js"):
        shutil.copy(HERE / name, folder)
    (folder / "photo.jpg").write_bytes(jpeg(336, 224))
    return folder


@pytest.fixture(scope="module")
def told(project: Path, server: RunningServer) -> dict[str, Any]:
    """What the SDK made of its answers."""
    with running_origin() as origin:
        environment = os.environ | {
            "TINIFY_ENDPOINT": server.url,
            "TINIFY_KEY": API_KEY,
            "PICTURE_URL": origin.put("/photo.jpg", jpeg(337, 224)),
        }
        command = ["node", "--no-deprecation", "--require", "./over_http.js", "client.js"]
        done = subprocess.run(
            command, cwd=project, env=environment, capture_output=True, timeout=120
        )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_picture_by_its_bytes(told: dict[str, Any]) -> None:
    made = told["buffer"]

    assert (made["type"], made["extension"]) == ("image/jpeg", "jpeg")
    assert (made["width"], made["height"]) == (336, 224)
    assert made["size"] == made["bytes"] < len(jpeg(336, 224)) / 2


def test_a_picture_by_its_file_and_by_its_url(told: dict[str, Any]) -> None:
    assert told["file"] == told["buffer"]["bytes"]
    assert (told["url"]["width"], told["url"]["height"]) == (337, 224)


@pytest.mark.parametrize(
    ("method", "expected"),
    [("scale", (30, 20)), ("fit", (60, 40)), ("cover", (60, 60)), ("thumb", (30, 60))],
)
def test_each_method_of_resizing(
    told: dict[str, Any], method: str, expected: tuple[int, int]
) -> None:
    assert (told[method]["width"], told[method]["height"]) == expected


def test_conversion_and_what_is_preserved(told: dict[str, Any]) -> None:
    assert told["convert"]["type"] in {"image/webp", "image/png"}
    assert told["any"]["type"] in {"image/avif", "image/webp", "image/jpeg"}
    assert told["any"]["bytes"] <= told["buffer"]["bytes"]
    assert told["preserve"]["type"] == "image/jpeg"


def test_the_count_is_told(told: dict[str, Any]) -> None:
    assert told["countAfter"] == told["countBefore"] + 1


def test_errors_are_of_the_kind_that_the_sdk_knows(told: dict[str, Any]) -> None:
    kinds = {
        name: (told[name]["kind"], told[name]["status"])
        for name in ("badKey", "store", "noPicture")
    }

    assert kinds == {
        "badKey": ("AccountError", 401),
        "store": ("ClientError", 400),
        "noPicture": ("ClientError", 415),
    }
    assert "(HTTP 401/Unauthorized)" in told["badKey"]["message"]

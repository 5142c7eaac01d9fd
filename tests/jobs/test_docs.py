"""The recipes of docs/jobs.md do what they say, run as they stand there."""

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from imgproxy_py.jobs.ending import BACKOFF_SECONDS, MAX_ATTEMPTS
from imgproxy_py.jobs.leases import LEASE
from imgproxy_py.jobs.webhook import secret_text, signed_headers

PAGE = (Path(__file__).parents[2] / "docs" / "jobs.md").read_text(encoding="utf-8")
SECRET = b"k" * 32
BODY = '{"id": "a", "filename": "Größe.jpg"}'.encode()

IsGenuine = Callable[[str, dict[str, str], bytes], bool]

ASK = """
import { isGenuine } from "./recipe.mjs";
const [secret, headers, body] = JSON.parse(process.argv[2]);
console.log(isGenuine(secret, headers, Buffer.from(body, "base64")));
"""


def recipe(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def in_python() -> IsGenuine:
    names: dict[str, IsGenuine] = {}
    exec(recipe("python"), names)
    return names["is_genuine"]


@pytest.fixture
def in_javascript(tmp_path: Path) -> IsGenuine:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node here")
    (tmp_path / "recipe.mjs").write_text(recipe("js"), encoding="utf-8")
    (tmp_path / "ask.mjs").write_text(ASK, encoding="utf-8")

    def is_genuine(secret: str, headers: dict[str, str], body: bytes) -> bool:
        asked = json.dumps([secret, headers, base64.b64encode(body).decode()])
        command = [node, str(tmp_path / "ask.mjs"), asked]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        return ended.stdout.strip() == "true"

    return is_genuine


@pytest.fixture(params=["in_python", "in_javascript"])
def is_genuine(request: pytest.FixtureRequest) -> IsGenuine:
    found: IsGenuine = request.getfixturevalue(request.param)
    return found


def headers_at(timestamp: float, *secrets: bytes) -> dict[str, str]:
    headers = signed_headers(
        BODY, message_id="msg_a", timestamp=int(timestamp), secrets=secrets or (SECRET,)
    )
    return {name.lower(): value for name, value in headers.items()}


def test_the_recipe_takes_what_we_sign_and_nothing_else(is_genuine: IsGenuine) -> None:
    secret = secret_text(SECRET)
    genuine = headers_at(time.time())

    assert is_genuine(secret, genuine, BODY)
    assert is_genuine(secret, headers_at(time.time(), b"n" * 32, SECRET), BODY)
    assert not is_genuine(secret, genuine, BODY + b" ")
    assert not is_genuine(secret_text(b"x" * 32), genuine, BODY)
    assert not is_genuine(secret, genuine | {"webhook-id": "msg_b"}, BODY)
    assert not is_genuine(secret, headers_at(time.time() - 400), BODY)


def test_the_page_tells_the_waits_and_the_lease_as_they_are() -> None:
    first, second = (f"{seconds:g}" for seconds in BACKOFF_SECONDS)

    assert f"tried again after {first} and {second} seconds" in PAGE
    assert MAX_ATTEMPTS == 3
    assert f"a lease of\n{LEASE.total_seconds():g} seconds" in PAGE

"""Jobs of a real server, from the upload to the callback."""

import base64
import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgproxy_py.jobs.webhook import account_secret
from imgproxy_py.store.secret_keys import load_secret_keys
from tests.jobs.receiver import Receiver, running_receiver
from tests.pictures import landscape
from tests.waiting import eventually
from tests.web.server import API_KEY, Answer, RunningServer, running_server

KEY = {"X-API-Key": API_KEY}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    data_dir = tmp_path_factory.mktemp("jobs") / "data"
    with running_server(data_dir, ENGINE_WORKERS="1", REFINE="off") as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


def hand_in(server: RunningServer, data: bytes, **fields: str) -> Answer:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    body = b"".join(parts) + head + data + b"\r\n--b--\r\n"
    headers = KEY | {"Content-Type": "multipart/form-data; boundary=b"}
    return server.ask("POST", "/api/v1/jobs", headers, body)


def secret_of(data_dir: Path) -> bytes:
    connection = sqlite3.connect(data_dir / "imgproxy.db")
    [(account_id,)] = connection.execute("SELECT id FROM accounts").fetchall()
    connection.close()
    return account_secret(load_secret_keys(data_dir)[-1], account_id)


def test_a_job_s_callback_says_what_the_api_says_and_is_signed_for_its_account(
    server: RunningServer, receiver: Receiver
) -> None:
    picture = bytes(landscape(300, 200).jpegsave_buffer(Q=92))
    accepted = hand_in(server, picture, format="webp", callback_url=receiver.url)
    assert accepted.status == 202, accepted.body

    assert eventually(lambda: len(receiver.received) == 1)

    [received] = receiver.received
    job_id = json.loads(accepted.body)["id"]
    shown = json.loads(server.ask("GET", f"/api/v1/jobs/{job_id}", KEY).body)
    told = json.loads(received.body)
    assert told == {name: shown[name] for name in told}
    assert (told["status"], told["result"]["format"]) == ("succeeded", "webp")
    assert told["result"]["optimized_url"].startswith(server.url)
    parts = [received.headers["webhook-id"], received.headers["webhook-timestamp"]]
    signed = ".".join(parts).encode() + b"." + received.body
    digest = hmac.digest(secret_of(server.data_dir), signed, hashlib.sha256)
    assert received.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


def test_a_broken_picture_is_a_failed_job_with_a_reason(
    server: RunningServer, receiver: Receiver
) -> None:
    picture = bytes(landscape(300, 200).jpegsave_buffer(Q=92))
    accepted = hand_in(server, picture[:400], callback_url=receiver.url)
    assert accepted.status == 202, accepted.body

    assert eventually(lambda: len(receiver.received) == 1)

    told = json.loads(receiver.received[0].body)
    assert (told["status"], told["progress"], told["attempts"]) == ("failed", 1.0, 1)
    assert told["error"]["code"] == "broken_image"
    assert told["result"] is None


def test_the_same_picture_again_is_cached_and_costs_nothing(server: RunningServer) -> None:
    picture = bytes(landscape(240, 200).jpegsave_buffer(Q=92))
    results = []
    for _ in range(2):
        location = json.loads(hand_in(server, picture).body)["id"]
        path = f"/api/v1/jobs/{location}"
        assert eventually(lambda path=path: ended(server, path))  # type: ignore[misc]
        results.append(json.loads(server.ask("GET", path, KEY).body)["result"])

    assert [result["cached"] for result in results] == [False, True]
    assert results[0]["optimized_url"] == results[1]["optimized_url"]


def ended(server: RunningServer, path: str) -> bool:
    return bool(json.loads(server.ask("GET", path, KEY).body)["finished_at"])

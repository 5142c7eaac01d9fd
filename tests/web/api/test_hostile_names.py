"""File names as attackers write them: none reaches a disk, a header or a list as it came."""

import hashlib
import json

import pytest

from tests.web.api.accounts import Holder, new_account
from tests.web.api.calling import MULTIPART, problem, with_key
from tests.web.pictures import jpeg
from tests.web.server import Answer, RunningServer

HOSTILE = {
    b"../../etc/passwd.jpg": "passwd.jpg",
    b"..\\..\\windows\\win.jpg": "win.jpg",
    b"/abs/olute.jpg": "olute.jpg",
    b"C:\\pictures\\a.jpg": "a.jpg",
    b"....//....//b.jpg": "b.jpg",
    b"%2e%2e%2fc.jpg": "%2e%2e%2fc.jpg",
}
NAMELESS = [b"..", b"../..", b"/", b"."]


@pytest.fixture(scope="module")
def holder(api_server: RunningServer) -> Holder:
    return new_account(api_server)


def chunk(server: RunningServer, holder: Holder, name: bytes) -> dict[str, list[dict[str, str]]]:
    answer = sent(server, holder, name)
    assert answer.status == 202, answer.body
    told: dict[str, list[dict[str, str]]] = json.loads(answer.body)
    return told


def sent(server: RunningServer, holder: Holder, name: bytes) -> Answer:
    """One file under a name that is written into the form as it is."""
    head = b'Content-Disposition: form-data; name="a"; filename="' + name + b'"\r\n\r\n'
    field = b'Content-Disposition: form-data; name="client_batch_id"\r\n\r\nnames\r\n'
    body = b"--b0undary\r\n" + field + b"--b0undary\r\n" + head + jpeg(90, 60)
    key = hashlib.sha256(name).hexdigest()
    return server.ask(
        "POST",
        "/api/v1/optimize/batch",
        with_key(holder.key, Content_Type=MULTIPART, Idempotency_Key=key),
        body + b"\r\n--b0undary--\r\n",
    )


@pytest.mark.parametrize(("name", "kept"), HOSTILE.items())
def test_of_a_path_only_the_name_is_kept(
    api_server: RunningServer, holder: Holder, name: bytes, kept: str
) -> None:
    told = chunk(api_server, holder, name)

    assert [each["filename"] for each in told["accepted"]] == [kept]


@pytest.mark.parametrize("name", NAMELESS)
def test_what_names_only_a_folder_is_rejected(
    api_server: RunningServer, holder: Holder, name: bytes
) -> None:
    told = chunk(api_server, holder, name)

    assert told["accepted"] == []
    assert [each["code"] for each in told["rejected_files"]] == ["filename_invalid"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"a\x00b.jpg", id="a NUL"),
        pytest.param(b"a\x1b[31mb.jpg", id="an escape of terminals"),
        pytest.param("a\u202egpj.exe.jpg".encode(), id="text that runs backwards"),
        pytest.param(b"a\xff\xfe.jpg", id="no UTF-8"),
        pytest.param(b"n" * 1000 + b".jpg", id="a thousand characters"),
    ],
)
def test_a_name_that_cannot_be_shown_is_cleaned_or_rejected(
    api_server: RunningServer, holder: Holder, name: bytes
) -> None:
    told = chunk(api_server, holder, name)

    for each in told["accepted"] + told["rejected_files"]:
        assert each["filename"].isprintable()
        assert len(each["filename"]) <= 255


def test_a_name_of_a_whole_page_is_refused(api_server: RunningServer, holder: Holder) -> None:
    answer = sent(api_server, holder, b"n" * 5000 + b".jpg")

    assert problem(answer) == (
        400,
        "upload_malformed",
        "a header of a part of the form has more than 4096 bytes; a file's name stands there",
    )

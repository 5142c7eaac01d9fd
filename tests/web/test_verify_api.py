"""`POST /api/v1/verify`: true receipts hold, and false ones are caught in each of their lies."""

import json
from typing import Any

import pytest

from tests.web.asking import fetch
from tests.web.origin import Origin
from tests.web.pictures import jpeg, png
from tests.web.server import USERNAME, Answer, RunningServer

PATH = "/api/v1/verify"


def form(**parts: bytes | str) -> bytes:
    """Files for bytes, text fields for text."""
    lines = b""
    for name, part in parts.items():
        filename = f'; filename="{name}"' if isinstance(part, bytes) else ""
        lines += f'--b\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'.encode()
        lines += (part.encode() if isinstance(part, str) else part) + b"\r\n"
    return lines + b"--b--\r\n"


def verify_form(server: RunningServer, **parts: bytes | str) -> Answer:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return server.ask("POST", PATH, headers, form(**parts))


def verify_json(server: RunningServer, given: object) -> Answer:
    body = json.dumps(given).encode()
    return server.ask("POST", PATH, {"Content-Type": "application/json"}, body)


def told(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return json.loads(answer.body)


def false_claims(answer: Answer) -> list[str]:
    return [check["name"] for check in told(answer)["checks"] if check["holds"] is False]


def problem(answer: Answer) -> tuple[int, str, str]:
    """Status, code and detail of a problem document (RFC 9457)."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.body
    members = json.loads(answer.body)
    assert members["status"] == answer.status
    assert members["request_id"] == answer.headers["X-Request-Id"]
    return answer.status, members["code"], members["detail"]


@pytest.fixture
def made(server: RunningServer, origin: Origin) -> Answer:
    """A result with its receipt."""
    return fetch(server, "200", origin.put("/photo.jpg", jpeg()))


def receipt(made: Answer) -> str:
    return str(made.headers["Image-Optimization"])


@pytest.mark.parametrize(
    ("options", "accept"),
    [
        ("200,format=jpeg", "*/*"),
        ("200,format=webp", "*/*"),
        ("200,format=avif,quality=high", "*/*"),
        ("120x120,pad,bgcolor=0a0", "*/*"),
        ("crop=0.1x0.9,90x90,quality=60", "image/webp"),
        ("full,quality=lossless", "*/*"),
        ("full", "image/avif,image/webp"),
    ],
)
def test_the_receipt_of_what_we_made_holds(
    server: RunningServer, origin: Origin, options: str, accept: str
) -> None:
    answer = fetch(server, options, origin.put("/photo.jpg", jpeg()), accept=accept)

    verified = verify_form(server, source=jpeg(), result=answer.body, receipt=receipt(answer))

    assert told(verified)["valid"] is True, verified.body


def test_pictures_with_alpha_are_verified_on_what_they_show(server: RunningServer) -> None:
    headers = {"Content-Type": "application/octet-stream", "Accept": "image/webp"}
    answer = server.ask("POST", f"/{USERNAME}/100", headers, png())

    verified = verify_form(server, source=png(), result=answer.body, receipt=receipt(answer))

    assert told(verified)["valid"] is True, verified.body


def test_source_and_result_may_be_urls_and_one_may_be_our_own(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/photo.jpg", jpeg())
    redirect = server.ask("POST", f"/{USERNAME}/201/{url}")
    result_url = f"{server.url}{redirect.headers['Location']}"
    text = str(server.get(str(redirect.headers["Location"])).headers["Image-Optimization"])

    verified = verify_json(
        server, {"source": url, "result": result_url, "receipt": f"Image-Optimization: {text}"}
    )

    assert told(verified)["valid"] is True, verified.body


def test_another_source_is_caught_by_its_hash_and_by_its_pixels(
    server: RunningServer, made: Answer
) -> None:
    other = jpeg(480, 640)

    answer = verify_form(server, source=other, result=made.body, receipt=receipt(made))

    assert told(answer)["valid"] is False
    assert {"source-sha256", "size"} <= set(false_claims(answer))


def test_an_embellished_receipt_is_caught_in_each_of_its_lies(
    server: RunningServer, made: Answer
) -> None:
    members = receipt(made).replace("saved=", "saved=9").replace('format="jpeg"', 'format="avif"')
    lies = ", ".join(
        "original=999999" if member.startswith("original=") else member
        for member in members.split(", ")
        if not member.startswith("saved=9")
    )
    lies = f"{lies}, saved=99.0"

    answer = verify_form(server, source=jpeg(), result=made.body, receipt=lies)

    assert set(false_claims(answer)) == {"original", "saved", "format"}


@pytest.mark.parametrize("result", [b"no picture at all", jpeg()[:5000], b"\x00" * 100])
def test_a_result_that_is_no_picture_is_told_and_not_an_error(
    server: RunningServer, made: Answer, result: bytes
) -> None:
    answer = verify_form(server, source=jpeg(), result=result, receipt=receipt(made))

    assert told(answer)["valid"] is False
    assert {"result-sha256", "result"} <= set(false_claims(answer))


def test_a_receipt_may_be_a_file_with_all_the_headers_of_an_answer(
    server: RunningServer, made: Answer
) -> None:
    headers = "HTTP/1.1 200 OK\r\n" + "".join(f"{n}: {v}\r\n" for n, v in made.headers.items())

    answer = verify_form(server, source=jpeg(), result=made.body, receipt=headers.encode())

    assert told(answer)["valid"] is True


BAD_RECEIPTS = [
    ("nonsense", 'the receipt has no "original"'),
    ("original=1, result", 'the receipt\'s "result" is wrong: it must be a whole number'),
    ("original=1 2", "the receipt cannot be read: 'original' has trailing characters"),
    ("Image-Optimization:", "the receipt is empty"),
]


@pytest.mark.parametrize(("text", "detail"), BAD_RECEIPTS)
def test_a_receipt_that_is_none_names_its_fault(
    server: RunningServer, text: str, detail: str
) -> None:
    status, code, told_detail = problem(
        verify_form(server, source=jpeg(), result=jpeg(), receipt=text)
    )

    assert (status, code) == (400, "bad_receipt")
    assert told_detail.startswith(detail)


BAD_BODIES: list[tuple[object, str]] = [
    ({"source": "http://x/a", "result": "http://x/b"}, '"receipt" is missing: the receipt\'s text'),
    ({"source": 7, "result": "b", "receipt": "c"}, '"source" is missing: a picture, as a file'),
    ([1, 2], "the JSON must be an object"),
]


@pytest.mark.parametrize(("given", "detail"), BAD_BODIES)
def test_a_body_that_lacks_something_says_what(
    server: RunningServer, given: object, detail: str
) -> None:
    status, code, told_detail = problem(verify_json(server, given))

    assert (status, code) == (400, "body_invalid")
    assert told_detail.startswith(detail)


@pytest.mark.parametrize("body", [b"{", b"", b"[" * 50_000, b" " * 70_000])
def test_what_is_no_json_is_refused(server: RunningServer, body: bytes) -> None:
    answer = server.ask("POST", PATH, {"Content-Type": "application/json"}, body)

    assert problem(answer)[:2] == (400, "body_invalid")


def test_another_kind_of_body_is_refused_with_the_right_ones_named(server: RunningServer) -> None:
    status, _, detail = problem(server.ask("POST", PATH, {"Content-Type": "image/png"}, png()))

    assert status == 400
    assert detail.endswith("as multipart/form-data or as application/json")


def test_an_empty_file_is_named(server: RunningServer) -> None:
    answer = verify_form(server, source=b"", result=jpeg(), receipt="x")

    assert problem(answer)[2] == 'the file in "source" is empty'


def test_a_source_that_is_no_picture_is_the_requesters_error(
    server: RunningServer, made: Answer
) -> None:
    answer = verify_form(server, source=b"text", result=made.body, receipt=receipt(made))

    assert problem(answer)[:2] == (415, "not_an_image")


@pytest.mark.parametrize(
    ("url", "status"),
    [("ftp://example.com/a", 400), ("http://10.0.0.1/a.png", 404), ("http://[::1]/a", 404)],
)
def test_urls_are_fetched_by_the_guarded_fetcher(
    server: RunningServer, made: Answer, url: str, status: int
) -> None:
    given = {"source": url, "result": url, "receipt": receipt(made)}

    assert problem(verify_json(server, given))[0] == status


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_answered(server: RunningServer, method: str) -> None:
    answer = server.ask(method, PATH)

    assert problem(answer)[:2] == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_another_address_of_the_api_is_a_problem_document(server: RunningServer) -> None:
    assert problem(server.get("/api/v1/nothing"))[:2] == (404, "page_not_found")


def test_a_browser_may_ask_first(server: RunningServer) -> None:
    answer = server.ask("OPTIONS", PATH)

    assert answer.status == 204
    assert "POST" in str(answer.headers["Access-Control-Allow-Methods"])

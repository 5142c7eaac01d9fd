"""The official PHP SDK: what it puts on the wire through curl, replayed byte for byte."""

import base64
import json

import pytest

from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened, png
from tests.web.server import API_KEY, RunningServer

USER = base64.b64encode(f"api:{API_KEY}".encode()).decode()
AGENT = "Tinify/1.6.4 PHP/8.2.35 curl/7.88.1"
FORM = "Content-Type: application/x-www-form-urlencoded"
JSON = "Content-Type: application/json"


def request(method: str, path: str, body: bytes = b"", *, label: str = FORM) -> bytes:
    """curl's headers in curl's order; a request without a body says nothing of one."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Basic {USER}",
        f"User-Agent: {AGENT}",
        "Accept: */*",
    ]
    if body:
        order = [f"Content-Length: {len(body)}", label]
        lines += order if label == FORM else reversed(order)
    return "\r\n".join([*lines, "", ""]).encode() + body


def answered(received: bytes) -> tuple[int, dict[str, str], bytes]:
    """As the SDK reads it: headers by their first colon, names in lower case."""
    head, _, body = received.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    headers = {name.lower(): value.strip() for name, value in pairs}
    return int(status_line.split(" ")[1]), headers, body


def test_validate_sends_post_without_a_body_and_hears_of_the_missing_input(
    server: RunningServer,
) -> None:
    status, headers, body = answered(server.raw(request("POST", "/shrink")))

    assert status == 400
    assert json.loads(body)["error"] == "Input missing"
    assert int(headers["compression-count"]) >= 0


def test_a_buffer_is_sent_as_a_form_and_fetched_with_get(server: RunningServer) -> None:
    status, headers, _ = answered(server.raw(request("POST", "/shrink", png(136, 90))))
    location = headers["location"]
    fetched, result, body = answered(server.raw(request("GET", location)))

    assert (status, fetched) == (201, 200)
    assert location.startswith("/output/")
    assert result["content-type"] == "image/png"
    assert int(result["content-length"]) == len(body)
    assert (result["image-width"], result["image-height"]) == ("136", "90")
    assert opened(body).width == 136


def test_a_large_body_waits_for_the_word_to_go_on(server: RunningServer) -> None:
    data = jpeg(339, 200)
    head, _, body = request("POST", "/shrink", data).partition(b"\r\n\r\n")

    received = server.raw(head + b"\r\nExpect: 100-continue\r\n\r\n" + body)

    assert received.startswith((b"HTTP/1.1 100", b"HTTP/1.1 201"))


def test_a_url_comes_with_its_slashes_escaped(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/caf%C3%A9.jpg", jpeg(340, 200)).replace("%C3%A9", "\u00e9")
    # json_encode escapes slashes and everything beyond ASCII.
    text = json.dumps({"source": {"url": url}}, separators=(",", ":")).replace("/", "\\/")

    status, _, body = answered(
        server.raw(request("POST", "/shrink", text.encode("ascii"), label=JSON))
    )

    assert status == 201
    assert json.loads(body)["output"]["width"] == 340


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_commands_come_as_json_with_post_and_formerly_with_get(
    server: RunningServer, method: str
) -> None:
    _, headers, _ = answered(server.raw(request("POST", "/shrink", jpeg(341, 200))))
    commands = (
        rb'{"resize":{"method":"fit","width":60,"height":60},"convert":{"type":"image\/png"}}'
    )

    status, result, body = answered(
        server.raw(request(method, headers["location"], commands, label=JSON))
    )

    assert (status, result["content-type"]) == (200, "image/png")
    assert (opened(body).width, opened(body).height) == (60, 35)


def test_empty_commands_come_as_an_empty_array(server: RunningServer) -> None:
    _, headers, _ = answered(server.raw(request("POST", "/shrink", jpeg(342, 200))))
    commands = b'{"preserve":[],"resize":[]}'

    status, result, _ = answered(
        server.raw(request("POST", headers["location"], commands, label=JSON))
    )

    assert (status, result["image-width"]) == (200, "342")

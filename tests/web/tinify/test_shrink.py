"""`POST /shrink`: what is sent, what is answered, and what it costs."""

import json

import pytest
import pyvips

from tests.pictures import graphic, landscape
from tests.web.origin import Origin
from tests.web.pictures import animated_gif, jpeg, opened, png
from tests.web.server import USERNAME, RunningServer
from tests.web.tinify.calling import JSON, basic, count, failure, output, shrink, shrunk


def test_the_answer_tells_what_came_and_what_was_made(server: RunningServer) -> None:
    data = jpeg(301, 200)

    answer = shrink(server, data)
    result = output(server, answer.headers["Location"], method="GET")

    told = json.loads(answer.body)
    location = answer.headers["Location"]
    assert (answer.status, answer.reason) == (201, "Created")
    assert location.startswith("/output/")
    assert told["input"] == {"size": len(data), "type": "image/jpeg"}
    assert told["output"] == {
        "size": len(result.body),
        "type": "image/jpeg",
        "width": 301,
        "height": 200,
        "ratio": round(len(result.body) / len(data), 4),
        "url": server.url + location,
    }
    assert len(result.body) < len(data) / 2
    assert (answer.headers["Image-Width"], answer.headers["Image-Height"]) == ("301", "200")


def test_the_result_is_the_picture_with_its_size_in_headers(server: RunningServer) -> None:
    location = shrunk(server, png(130, 90))

    result = output(server, location, method="GET")

    assert result.status == 200
    assert result.headers["Content-Type"] == "image/png"
    assert result.headers["Content-Length"] == str(len(result.body))
    assert (result.headers["Image-Width"], result.headers["Image-Height"]) == ("130", "90")
    assert (opened(result.body).width, opened(result.body).height) == (130, 90)
    assert 'format="png"' in result.headers["Image-Optimization"]


def test_half_a_character_in_a_url_is_refused_in_words(server: RunningServer) -> None:
    body = rb'{"source": {"url": "https://a.example/\ud800"}}'

    refused = server.ask("POST", "/shrink", basic() | JSON, body)

    assert failure(refused) == (
        400,
        "Bad request",
        '"source.url" holds characters that no text has, such as U+D800',
    )


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(jpeg(302, 200), "image/jpeg", id="a JPEG"),
        pytest.param(png(131, 90), "image/png", id="a PNG"),
        pytest.param(landscape(303, 200).webpsave_buffer(Q=95), "image/webp", id="a WebP"),
        pytest.param(landscape(64, 48).heifsave_buffer(compression="av1"), "image/avif", id="AVIF"),
        pytest.param(animated_gif(4), "image/gif", id="a GIF that moves"),
    ],
)
def test_a_picture_keeps_its_format_and_never_grows(
    server: RunningServer, data: bytes, media_type: str
) -> None:
    told = json.loads(shrink(server, data).body)

    assert told["input"] == {"size": len(data), "type": media_type}
    assert told["output"]["type"] == media_type
    assert told["output"]["size"] <= len(data)


@pytest.mark.parametrize(
    "label",
    [
        pytest.param("application/x-www-form-urlencoded", id="as curl and PHP say"),
        pytest.param("application/octet-stream", id="bytes"),
        pytest.param("multipart/form-data; boundary=x", id="a form that it is not"),
        pytest.param("text/html", id="something else"),
    ],
)
def test_the_bytes_are_a_picture_whatever_their_label(server: RunningServer, label: str) -> None:
    answer = shrink(server, jpeg(304, 200), Content_Type=label)

    assert answer.status == 201
    assert json.loads(answer.body)["input"]["size"] == len(jpeg(304, 200))


def test_a_url_is_fetched_and_shrunk(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/photo%20of%20a%20day.jpg?width=9", jpeg(305, 200))
    body = json.dumps({"source": {"url": url}}).encode()

    answer = server.ask("POST", "/shrink", basic() | JSON, body)
    result = output(server, answer.headers["Location"], method="GET")

    assert answer.status == 201
    assert json.loads(answer.body)["input"] == {
        "size": len(jpeg(305, 200)),
        "type": "image/jpeg",
    }
    assert origin.targets == ["/photo%20of%20a%20day.jpg?width=9"]
    assert "photo%20of%20a%20day.jpg" in result.headers["Content-Disposition"]


def test_a_picture_counts_once_and_its_repetition_nothing(server: RunningServer) -> None:
    before = count(server.ask("POST", "/shrink", basic()))

    first = shrink(server, jpeg(306, 200))
    second = shrink(server, jpeg(306, 200))
    fetched = output(server, first.headers["Location"], method="GET")

    assert [count(answer) for answer in (first, second, fetched)] == [before + 1] * 3
    assert second.headers["Location"] == first.headers["Location"]
    assert second.body == first.body


def test_what_another_surface_made_is_an_image_of_the_month_all_the_same(
    server: RunningServer,
) -> None:
    before = count(server.ask("POST", "/shrink", basic()))
    server.ask("POST", f"/{USERNAME}/format=jpeg", {}, jpeg(307, 200))

    answer = shrink(server, jpeg(307, 200))

    assert count(answer) == before + 2


@pytest.mark.parametrize("body", [None, b""], ids=["no body", "an empty body"])
@pytest.mark.parametrize("label", [{}, JSON], ids=["without a label", "as JSON"])
def test_without_a_picture_the_input_is_missing_and_the_count_stands_there(
    server: RunningServer, body: bytes | None, label: dict[str, str]
) -> None:
    answer = server.ask("POST", "/shrink", basic() | label, body)

    assert failure(answer) == (
        400,
        "Input missing",
        "the request has no body: send a picture in it",
    )
    assert count(answer) >= 0


TIFF = graphic(20, 20).tiffsave_buffer()
NO_TIFF = (
    "TIFF cannot be kept as what it is here; send JPEG, PNG, WebP, AVIF or GIF, or have it "
    "converted at /api/optimize"
)
NO_URL = (
    'the JSON names no picture: send {"source": {"url": "https://..."}}, or the picture itself as '
    "the body"
)


@pytest.mark.parametrize(
    ("body", "label", "told"),
    [
        pytest.param(
            b"hello",
            {},
            (
                415,
                "Unsupported media type",
                "the source is not a JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP or SVG image",
            ),
            id="no picture",
        ),
        pytest.param(
            TIFF,
            {},
            (
                415,
                "Unsupported media type",
                NO_TIFF,
            ),
            id="a TIFF",
        ),
        pytest.param(
            png(132, 90)[:300],
            {},
            (422, "Unprocessable entity", "the source image is damaged: libpng read error"),
            id="half a picture",
        ),
        pytest.param(
            b"{", JSON, (400, "Bad request", "the body is not valid JSON"), id="half a JSON"
        ),
        pytest.param(b"[1]", JSON, (400, "Bad request", "the JSON must be an object"), id="a list"),
        pytest.param(
            b'{"source":{"url":5}}',
            JSON,
            (
                400,
                "Bad request",
                NO_URL,
            ),
            id="no URL",
        ),
        pytest.param(
            b'{"source":{"url":"ftp://example.com/a.png"}}',
            JSON,
            (400, "Bad request", "the source URL must begin with http:// or https://"),
            id="another scheme",
        ),
    ],
)
def test_what_cannot_be_shrunk_is_refused_in_the_clients_form_and_costs_nothing(
    server: RunningServer, body: bytes, label: dict[str, str], told: tuple[int, str, str]
) -> None:
    before = count(server.ask("POST", "/shrink", basic()))

    answer = server.ask("POST", "/shrink", basic() | label, body)

    assert failure(answer) == told
    assert count(answer) == before


def test_an_origin_that_fails_is_told_as_such(server: RunningServer, origin: Origin) -> None:
    body = json.dumps({"source": {"url": origin.url + "/nothing.png"}}).encode()

    answer = server.ask("POST", "/shrink", basic() | JSON, body)

    assert failure(answer)[:2] == (404, "Not found")


def test_a_picture_that_was_turned_by_its_exif_is_upright(server: RunningServer) -> None:
    image = pyvips.Image.new_from_buffer(jpeg(200, 120), "").copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)

    told = json.loads(shrink(server, image.jpegsave_buffer(Q=90)).body)

    assert (told["output"]["width"], told["output"]["height"]) == (120, 200)

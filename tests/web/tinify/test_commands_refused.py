"""Commands that cannot be meant, and outputs that are not there: what the client is told."""

from typing import Any

import pytest

from tests.web.pictures import jpeg
from tests.web.server import RunningServer
from tests.web.tinify.calling import basic, failure, output, shrunk

KNOWN = "there is resize, preserve, convert, transform"


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        pytest.param({"shrink": {"a": 1}}, f'there is no command "shrink"; {KNOWN}', id="unknown"),
        pytest.param(
            {"store": {"service": "s3"}},
            '"store" is not supported: this server keeps results itself; fetch the picture and put '
            "it where it belongs",
            id="store",
        ),
        pytest.param({"resize": "big"}, '"resize" is an object, not "big"', id="no object"),
        pytest.param(
            {"resize": {"width": 5}},
            '"resize.method" is one of scale, fit, cover, thumb, not nothing',
            id="no method",
        ),
        pytest.param(
            {"resize": {"method": "crop", "width": 5}},
            '"resize.method" is one of scale, fit, cover, thumb, not "crop"',
            id="another method",
        ),
        pytest.param(
            {"resize": {"method": "scale", "width": 5, "height": 5}},
            '"resize" with method "scale" needs a width or a height, not both',
            id="scale by both",
        ),
        pytest.param(
            {"resize": {"method": "scale"}},
            '"resize" with method "scale" needs a width or a height, not both',
            id="scale by nothing",
        ),
        pytest.param(
            {"resize": {"method": "fit", "width": 5}},
            '"resize" with method "fit" needs both a width and a height',
            id="fit by one",
        ),
        pytest.param(
            {"resize": {"method": "scale", "width": 0}},
            '"resize.width" is a whole number of pixels, 1 to 10000, not "0"',
            id="zero",
        ),
        pytest.param(
            {"resize": {"method": "scale", "height": 10.5}},
            '"resize.height" is a whole number of pixels, 1 to 10000, not "10.5"',
            id="half a pixel",
        ),
        pytest.param(
            {"resize": {"method": "scale", "height": True}},
            '"resize.height" is a whole number of pixels, 1 to 10000, not "True"',
            id="no number",
        ),
        pytest.param(
            {"resize": {"method": "scale", "heigth": 10}},
            '"resize" has no "heigth"; there is method, width, height',
            id="a member misspelled",
        ),
        pytest.param(
            {"preserve": ["copyright", "camera"]},
            '"preserve" is one of copyright, creation, location, not "camera"',
            id="preserve something else",
        ),
        pytest.param(
            {"preserve": [1]}, '"preserve" is a text or a list of texts, not "[1]"', id="no texts"
        ),
        pytest.param(
            {"convert": {"type": "image/jxl"}},
            '"convert.type" is one of image/avif, image/webp, image/jpeg, image/jpg, image/png, '
            'image/gif, */*, not "image/jxl"',
            id="a type that nobody makes",
        ),
        pytest.param(
            {"transform": {"background": "transparent"}},
            '"transform.background" is white, black or a color such as "#ff8800", not '
            '"transparent"',
            id="no color",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_there_is(
    server: RunningServer, commands: dict[str, Any], message: str
) -> None:
    location = shrunk(server, jpeg(326, 200))

    assert failure(output(server, location, **commands)) == (400, "Bad request", message)


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 60_000, b" " * 70_000, b'"text"'])
def test_a_body_that_is_no_object_is_refused(server: RunningServer, body: bytes) -> None:
    location = shrunk(server, jpeg(327, 200))

    answer = server.ask("POST", location, basic(), body)

    assert failure(answer)[:2] == (400, "Bad request")


@pytest.mark.parametrize("source_id", ["0" * 40, "x", "..%2F..%2Fetc", "A" * 40])
def test_an_unknown_output_is_not_found(server: RunningServer, source_id: str) -> None:
    answer = output(server, f"/output/{source_id}", method="GET")

    assert failure(answer) == (
        404,
        "Not found",
        "there is no such result here (any more); ask for the picture again",
    )

"""Calls that are refused: broken bodies, too much of anything, pictures that are none."""

import json

import pytest

from imgproxy_py.sources.multipart import MAX_FIELD_BYTES, MAX_PARTS
from imgproxy_py.web.api.body import MAX_TEXT_BYTES, MAX_TEXT_FIELDS
from tests.web.api.calling import (
    MULTIPART,
    form,
    post,
    problem,
)
from tests.web.pictures import jpeg, png
from tests.web.server import RunningServer

URLENCODED = "application/x-www-form-urlencoded"
JSON = "application/json"
PICTURE = ("image", "photo.jpg", b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("media_type", "body", "status", "code", "detail"),
    [
        pytest.param(
            "image/jpeg",
            b"\xff\xd8\xff",
            415,
            "body_type_unknown",
            "send the body as multipart/form-data, application/x-www-form-urlencoded or "
            'application/json, not "image/jpeg"',
            id="a raw picture",
        ),
        pytest.param(
            "",
            b"url=x",
            415,
            "body_type_unknown",
            "send the body as multipart/form-data, application/x-www-form-urlencoded or "
            "application/json, and name it in Content-Type",
            id="no type",
        ),
        pytest.param(
            JSON, b'{"url": ', 400, "body_invalid", "the body is not valid JSON", id="cut JSON"
        ),
        pytest.param(
            JSON,
            b"[" * 60_000,
            400,
            "body_invalid",
            "the body is not valid JSON",
            id="JSON that is nested too deep",
        ),
        pytest.param(
            JSON, b'{"width": NaN}', 400, "body_invalid", "the body is not valid JSON", id="NaN"
        ),
        pytest.param(
            JSON, b"\xff\xfe\x00", 400, "body_invalid", "the body is not valid JSON", id="no UTF-8"
        ),
        pytest.param(
            JSON,
            b'["url"]',
            400,
            "body_invalid",
            'the JSON must be an object, such as {"url": "https://…"}',
            id="an array",
        ),
        pytest.param(
            JSON,
            b'{"url": ["https://a.example/b.jpg"]}',
            400,
            "body_invalid",
            '"url" is a text, a number, true or false, not an array',
            id="a URL in an array",
        ),
        pytest.param(
            JSON,
            b'{"width": {"px": 3}}',
            400,
            "body_invalid",
            '"width" is a text, a number, true or false, not an object',
            id="a width in an object",
        ),
        pytest.param(
            JSON,
            b'{"url": "https://a.example/b.jpg", "width": 1e400}',
            400,
            "field_invalid",
            '"width" is a whole number of pixels, 1 to 8000, not "1e400"',
            id="an endless number",
        ),
        pytest.param(
            JSON,
            b'{"url": "https://a.example/b.jpg", "keep_exif": 3}',
            400,
            "field_invalid",
            '"keep_exif" is true or false, not "3"',
            id="a number for a flag",
        ),
        pytest.param(
            JSON,
            json.dumps({f"f{number}": 1 for number in range(MAX_TEXT_FIELDS + 1)}).encode(),
            400,
            "body_invalid",
            f"the JSON may have at most {MAX_TEXT_FIELDS} members",
            id="many members",
        ),
        pytest.param(
            JSON,
            b'{"image": "aGVsbG8="}',
            400,
            "field_invalid",
            '"image" is a file, which JSON cannot carry: send multipart/form-data, or the '
            'picture\'s address as "url"',
            id="a picture in base64",
        ),
        pytest.param(
            URLENCODED,
            b"accept_file=true&image=photo.jpg",
            400,
            "field_invalid",
            '"image" is a file, which an urlencoded form cannot carry: send multipart/form-data, '
            'or the picture\'s address as "url"',
            id="a file name for a file",
        ),
        pytest.param(
            URLENCODED,
            b"url=%ff%fe",
            400,
            "body_invalid",
            "the form is not UTF-8; a picture is sent as multipart/form-data",
            id="escapes that are no UTF-8",
        ),
        pytest.param(
            URLENCODED,
            png()[:500],
            400,
            "body_invalid",
            "the form is not UTF-8; a picture is sent as multipart/form-data",
            id="a small picture labelled as a form",
        ),
        pytest.param(
            URLENCODED,
            jpeg(1200, 900),
            413,
            "body_too_large",
            f"a body without files may have at most {MAX_TEXT_BYTES} bytes; send pictures as "
            "multipart/form-data",
            id="a picture labelled as a form",
        ),
        pytest.param(
            URLENCODED,
            "&".join(f"f{number}=1" for number in range(10_000)).encode(),
            413,
            "body_too_large",
            f"a body without files may have at most {MAX_TEXT_BYTES} bytes; send pictures as "
            "multipart/form-data",
            id="ten thousand fields",
        ),
        pytest.param(
            URLENCODED,
            b"&".join([b"a=1"] * (MAX_TEXT_FIELDS + 1)),
            400,
            "body_invalid",
            f"a form may have at most {MAX_TEXT_FIELDS} fields",
            id="many fields",
        ),
        pytest.param(
            URLENCODED,
            b"",
            400,
            "source_missing",
            'no picture: send it as the field "image" of multipart/form-data, or its address as '
            '"url"',
            id="an empty form",
        ),
        pytest.param(
            "multipart/form-data",
            form({"url": "x"}),
            400,
            "upload_malformed",
            "the form's Content-Type names no boundary",
            id="no boundary",
        ),
        pytest.param(
            MULTIPART,
            form([(f"f{number}", "1") for number in range(10_000)]),
            400,
            "upload_malformed",
            f"a form may have at most {MAX_PARTS} parts",
            id="ten thousand parts",
        ),
        pytest.param(
            MULTIPART,
            form({"url": "h" * (MAX_FIELD_BYTES + 1)}),
            400,
            "upload_malformed",
            "the form's text fields are too long",
            id="a huge field",
        ),
        pytest.param(
            MULTIPART,
            form({}, [("image", "a.jpg", bytes(500))])[:-100],
            400,
            "upload_malformed",
            "the form ended before the file in it was complete",
            id="a cut form",
        ),
        pytest.param(
            MULTIPART,
            form({}, [PICTURE, ("file", "second.jpg", b"x")]),
            400,
            "source_ambiguous",
            "there is more than one file; send one, or up to 50 to /api/v1/optimize/batch",
            id="two files",
        ),
        pytest.param(
            MULTIPART,
            form({"url": "https://a.example/b.jpg"}, [PICTURE]),
            400,
            "source_ambiguous",
            'there is a file and a "url"; send one of the two',
            id="a file and a URL",
        ),
        pytest.param(
            MULTIPART,
            form({"accept_file": "true"}),
            400,
            "file_missing",
            '"accept_file" says that a file comes with the request, but there is none: send it as '
            'the field "image" of multipart/form-data',
            id="accept_file without a file",
        ),
        pytest.param(
            MULTIPART,
            form({"accept_file": "true"}, [("image", "", b"")]),
            400,
            "file_missing",
            '"accept_file" says that a file comes with the request, but there is none: send it as '
            'the field "image" of multipart/form-data',
            id="a file input where nothing was chosen",
        ),
        pytest.param(
            MULTIPART,
            form({}, [("image", "empty.jpg", b"")]),
            400,
            "upload_empty",
            "the uploaded file is empty",
            id="an empty file",
        ),
        pytest.param(
            MULTIPART,
            form({}, [("image", "a.jpg", b"no picture at all")]),
            415,
            "not_an_image",
            "the source is not a JPEG, PNG, GIF, WebP, AVIF, TIFF, BMP or SVG image",
            id="no picture",
        ),
        pytest.param(
            JSON,
            b'{"url": "ftp://a.example/b.jpg"}',
            400,
            "source_url_invalid",
            "",
            id="another scheme",
        ),
        pytest.param(JSON, b'{"url": "b.jpg"}', 400, "source_url_invalid", "", id="a relative URL"),
        pytest.param(
            JSON,
            b'{"url": "http://10.0.0.1/b.jpg"}',
            404,
            "source_not_public",
            "",
            id="a private address",
        ),
    ],
)
def test_a_call_that_cannot_be_done_says_why(
    server: RunningServer, media_type: str, body: bytes, status: int, code: str, detail: str
) -> None:
    told = problem(post(server, body, media_type))

    assert told[:2] == (status, code)
    assert told[2] == (detail or told[2])

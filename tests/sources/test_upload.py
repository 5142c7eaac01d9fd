"""Uploads as real clients send them, whole and in every other way, however they are cut."""

from pathlib import Path

import pytest

from imgproxy_py.sources.errors import UploadMissing
from imgproxy_py.sources.upload import Upload, receive_upload
from tests.sources.forms import FILE, FORM, PICTURE, chunks_of, form, part


async def receive(
    directory: Path, body: bytes, content_type: str | None = FORM, *, size: int = 1 << 16
) -> Upload:
    return await receive_upload(
        chunks_of(body, size),
        content_type=content_type,
        content_length=len(body),
        spool_directory=directory,
        max_source_bytes=100_000,
    )


PHP = (
    b"--XXX0cc175b9c0f1b6a831c399e269772661\r\n"
    b'Content-Disposition: form-data; name="file"; filename="ImageOptim.png"\r\n'
    b"Content-Type: application/octet-stream\r\n"
    b"Content-Transfer-Encoding: binary\r\n\r\n"
    + PICTURE
    + b"\r\n--XXX0cc175b9c0f1b6a831c399e269772661--"
)
DOTNET = (
    b"--1ef2\r\nContent-Disposition: form-data; name=file; filename=foo.png; "
    b"filename*=utf-8''foo%20bar.png\r\n\r\n" + PICTURE + b"\r\n--1ef2--\r\n"
)


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize(
    ("body", "content_type", "filename", "media_type"),
    [
        pytest.param(form(part(FILE)), FORM, "a.png", None, id="curl -F"),
        pytest.param(
            form(part(FILE, PICTURE, "Content-Type: image/png")),
            'multipart/form-data; charset=utf-8; boundary="XXX"',
            "a.png",
            "image/png",
            id="a quoted boundary",
        ),
        pytest.param(
            PHP,
            "multipart/form-data, boundary=XXX0cc175b9c0f1b6a831c399e269772661",
            "ImageOptim.png",
            "application/octet-stream",
            id="the official PHP client",
        ),
        pytest.param(
            DOTNET, 'multipart/form-data; boundary="1ef2"', "foo bar.png", None, id=".NET"
        ),
        pytest.param(
            form(part("form-data; name=upload_file")), FORM, None, None, id="no file name"
        ),
        pytest.param(b"\r\n" + form(part(FILE)), FORM, "a.png", None, id="a leading line end"),
        pytest.param(form(part(FILE)) + b"epilogue", FORM, "a.png", None, id="an epilogue"),
        pytest.param(form(part(FILE))[:-4], FORM, "a.png", None, id="no end but a boundary"),
        pytest.param(form(part(FILE))[:-3], FORM, "a.png", None, id="half an end"),
        pytest.param(
            form(part(FILE), part('form-data; name="x"', b"cut"))[:-10],
            FORM,
            "a.png",
            None,
            id="cut after the file",
        ),
        pytest.param(PICTURE, None, None, None, id="raw, without a type"),
        pytest.param(PICTURE, "image/png", None, "image/png", id="raw"),
        pytest.param(
            PICTURE,
            "application/x-www-form-urlencoded",
            None,
            "application/x-www-form-urlencoded",
            id="raw, labeled by curl --data-binary",
        ),
    ],
)
async def test_the_picture_of_every_client_arrives_byte_for_byte(
    tmp_path: Path,
    body: bytes,
    content_type: str | None,
    filename: str | None,
    media_type: str | None,
    size: int,
) -> None:
    upload = await receive(tmp_path, body, content_type, size=size)

    with upload.spool as spool:
        assert spool.is_complete
        assert spool.read() == PICTURE
    assert (upload.filename, upload.media_type) == (filename, media_type)


async def test_a_large_file_keeps_its_bytes_and_its_hash(tmp_path: Path) -> None:
    body = bytes(range(256)) * 20_000
    upload = await receive_upload(
        chunks_of(form(part(FILE, body)), 65_521),
        content_type=FORM,
        content_length=None,
        spool_directory=tmp_path,
        max_source_bytes=10_000_000,
    )

    with upload.spool as spool:
        assert spool.read() == body
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["file"], id="the only one"),
        pytest.param(["file", "image"], id="before another"),
        pytest.param(["image", "file"], id="after another"),
        pytest.param(["anything", "image", "file", "file"], id="the first of two"),
    ],
)
async def test_the_field_called_file_wins(tmp_path: Path, fields: list[str]) -> None:
    parts = [
        part(f'form-data; name="{field}"; filename="{number}.png"', f"{number}{field}".encode())
        for number, field in enumerate(fields)
    ]
    upload = await receive(tmp_path, form(*parts))

    number = fields.index("file")
    with upload.spool as spool:
        assert spool.read() == f"{number}file".encode()
    assert upload.filename == f"{number}.png"


async def test_without_it_the_first_part_with_a_file_name_does(tmp_path: Path) -> None:
    text = part('form-data; name="first"', b"just text")
    one, two = (part(f'form-data; name="{n}"; filename="{n}"', n.encode()) for n in ("one", "two"))
    upload = await receive(tmp_path, form(text, one, two))

    with upload.spool as spool:
        assert spool.read() == b"one"
    assert upload.fields == {"first": "just text"}


async def test_a_file_input_where_nothing_was_chosen_is_no_file(tmp_path: Path) -> None:
    unchosen = part('form-data; name="file"; filename=""', b"", "Content-Type: application/x")
    upload = await receive(tmp_path, form(unchosen, part('form-data; name="b"; filename="b"')))
    with upload.spool as spool:
        assert spool.read() == PICTURE

    with pytest.raises(UploadMissing):
        await receive(tmp_path, form(unchosen))


async def test_text_fields_come_along(tmp_path: Path) -> None:
    upload = await receive(
        tmp_path,
        form(
            part('form-data; name="format"', b"webp"),
            part('form-data; name="caf\u00e9"', "\u00e9\u4e2d".encode()),
            part('form-data; name="latin"', b"\xe9"),
            part('form-data; name="empty"', b""),
            part("form-data", b"nobody's"),
            part(FILE),
        ),
    )

    upload.spool.close()
    assert upload.fields == {"format": "webp", "café": "é中", "latin": "é", "empty": ""}

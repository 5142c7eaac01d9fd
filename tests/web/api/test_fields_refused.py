"""The fields of the API that cannot be meant: each fault with its code and its words."""

from pathlib import Path

import pytest

from imgproxy_py.web.api.fields import read_fields
from imgproxy_py.web.api.form import JSON, URLENCODED, ApiForm
from imgproxy_py.web.errors import RequestError
from options_grammar import OptionsError
from tests.web.api.forms_read import URL, options_of, upload


@pytest.mark.parametrize(
    ("fields", "code", "message"),
    [
        pytest.param(
            {"width": "0"},
            "field_invalid",
            '"width" is a whole number of pixels, 1 to 8000, not "0"',
            id="no width",
        ),
        pytest.param(
            {"height": "8001"},
            "field_invalid",
            '"height" is a whole number of pixels, 1 to 8000, not "8001"',
            id="too high",
        ),
        pytest.param(
            {"width": "1e3"},
            "field_invalid",
            '"width" is a whole number of pixels, 1 to 8000, not "1e3"',
            id="no whole number",
        ),
        pytest.param(
            {"width": "٣٠٠"},
            "field_invalid",
            '"width" is a whole number of pixels, 1 to 8000, not "\\u0663\\u0660\\u0660"',
            id="digits of another script",
        ),
        pytest.param(
            {"width": "9" * 5000},
            "field_invalid",
            f'"width" is a whole number of pixels, 1 to 8000, not "{"9" * 50}\\u2026"',
            id="a huge number",
        ),
        pytest.param(
            {"format": "bmp"},
            "field_invalid",
            '"format" is one of jpg, auto, jpeg, png, webp, avif, gif, webm, h264, not "bmp"',
            id="a format that is not written",
        ),
        pytest.param(
            {"compression": "extreme"},
            "field_invalid",
            '"compression" is one of lossless, low, balanced, max, not "extreme"',
            id="an unknown compression",
        ),
        pytest.param(
            {"fit": "cover"},
            "field_invalid",
            '"fit" is one of scale-down, fit, crop, pad, stretch, not "cover"',
            id="an unknown fit",
        ),
        pytest.param(
            {"keep_exif": "maybe"},
            "field_invalid",
            '"keep_exif" is true or false, not "maybe"',
            id="neither yes nor no",
        ),
        pytest.param(
            {"storage_commit": "2"},
            "field_invalid",
            '"storage_commit" is true or false, not "2"',
            id="a number for a flag",
        ),
        pytest.param(
            {"url": "https://a.example/\x00b.jpg"},
            "field_invalid",
            '"url" holds characters that no text has, such as U+0000',
            id="a NUL in the URL",
        ),
        pytest.param(
            {"options": "100x100\r\nX: y"},
            "field_invalid",
            '"options" holds characters that no text has, such as U+000D',
            id="a line break in the options",
        ),
        pytest.param(
            {"url": "https://a.example/\ud800"},
            "field_invalid",
            '"url" holds characters that no text has, such as U+D800',
            id="half a surrogate pair",
        ),
        pytest.param(
            {"options": "meta"},
            "field_invalid",
            '"meta" asks for facts about a picture and not for a picture; ask for it by URL: '
            "/{username}/meta/{source-url}",
            id="meta",
        ),
        pytest.param(
            {"url": ""},
            "source_missing",
            'no picture: send it as the field "image" of multipart/form-data, or its address as '
            '"url"',
            id="neither file nor URL",
        ),
        pytest.param(
            {"accept_file": "true"},
            "file_missing",
            '"accept_file" says that a file comes with the request, but there is none: send it as '
            'the field "image" of multipart/form-data',
            id="a file announced and none sent",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, str], code: str, message: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_fields(ApiForm(fields={"url": URL, **fields}))

    assert (refused.value.code, str(refused.value)) == (code, message)


@pytest.mark.parametrize(
    ("media_type", "named"), [(JSON, "JSON"), (URLENCODED, "an urlencoded form")]
)
@pytest.mark.parametrize("field", ["image", "file"])
def test_a_file_cannot_be_a_text(media_type: str, named: str, field: str) -> None:
    with pytest.raises(RequestError) as refused:
        read_fields(ApiForm(fields={field: "aGk=", "accept_file": "1"}, media_type=media_type))

    assert str(refused.value) == (
        f'"{field}" is a file, which {named} cannot carry: send multipart/form-data, or the '
        'picture\'s address as "url"'
    )


def test_a_fault_in_the_options_is_marked_in_the_whole_text() -> None:
    with pytest.raises(OptionsError) as refused:
        options_of(options="100x100,wat=9", format="webp")

    assert str(refused.value) == (
        'unknown option "wat=9"\n    100x100,wat=9,format=webp\n            ^^^^^'
    )


def test_a_crop_without_a_height_says_what_it_needs() -> None:
    with pytest.raises(OptionsError) as refused:
        options_of(width="300", fit="crop")

    assert str(refused.value).startswith(
        '"crop" needs both a width and a height, as in "100x100,crop"'
    )


def test_where_pictures_are_files_a_url_is_refused() -> None:
    with pytest.raises(RequestError) as refused:
        read_fields(ApiForm(fields={"url": URL}), takes_source=False)

    assert str(refused.value) == '"url" cannot stand here; send single URLs to /api/v1/jobs'


def test_a_file_and_a_url_are_one_too_many(tmp_path: Path) -> None:
    form = ApiForm(fields={"url": URL}, files=(upload(tmp_path, b"a"),))

    with pytest.raises(RequestError) as refused:
        read_fields(form)
    form.close()

    assert refused.value.code == "source_ambiguous"
    assert str(refused.value) == 'there is a file and a "url"; send one of the two'

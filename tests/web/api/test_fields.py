"""The fields of an order: what each means."""

from pathlib import Path

import pytest

from imgproxy_py.sources.upload import Upload
from imgproxy_py.web.api.fields import read_fields
from imgproxy_py.web.api.form import MULTIPART, ApiForm
from tests.web.api.forms_read import URL, options_of, upload


def warnings_of(**fields: str) -> tuple[str, ...]:
    return read_fields(ApiForm(fields={"url": URL, **fields})).warnings


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        pytest.param({}, "full", id="nothing"),
        pytest.param({"format": "auto"}, "full", id="the default format"),
        pytest.param({"format": "jpg"}, "format=jpeg", id="another name of JPEG"),
        pytest.param({"format": "WebP"}, "format=webp", id="capitals"),
        pytest.param({"format": " avif "}, "format=avif", id="blanks around"),
        pytest.param({"format": "h264"}, "format=h264", id="a video"),
        pytest.param({"compression": "lossless"}, "quality=lossless", id="lossless"),
        pytest.param({"compression": "low"}, "quality=high", id="low compression, high quality"),
        pytest.param({"compression": "balanced"}, "full", id="the default compression"),
        pytest.param({"compression": "max"}, "quality=low", id="most compression"),
        pytest.param({"width": "300"}, "300", id="a width"),
        pytest.param({"height": "200"}, "x200", id="a height"),
        pytest.param({"width": "8000", "height": "1"}, "8000x1", id="both at their limits"),
        pytest.param({"width": "", "fit": "", "format": ""}, "full", id="empty fields"),
        pytest.param({"width": "30", "fit": "scale-down"}, "30", id="the default fit"),
        pytest.param({"width": "30", "fit": "fit"}, "30,fit", id="enlarging"),
        pytest.param({"width": "3", "height": "4", "fit": "crop"}, "3x4,crop", id="cropped"),
        pytest.param({"width": "3", "height": "4", "fit": "pad"}, "3x4,pad", id="padded"),
        pytest.param(
            {"width": "3", "height": "4", "fit": "stretch"}, "3x4,stretch", id="stretched"
        ),
        pytest.param({"keep_exif": "true"}, "keep=exif", id="EXIF kept"),
        pytest.param({"keep_exif": "false"}, "full", id="EXIF not kept"),
        pytest.param(
            {"options": "keep=exif", "keep_exif": "no"}, "full", id="EXIF not kept after all"
        ),
        pytest.param({"options": "100x50,2x,crop=auto"}, "100x50,2x,crop=auto", id="options"),
        pytest.param(
            {"options": "100x50,crop=auto", "width": "7", "height": "9"},
            "7x9,crop=auto",
            id="another size for a crop",
        ),
        pytest.param(
            {"options": "2x,quality=high,format=png", "compression": "max", "format": "jpg"},
            "2x,quality=low,format=jpeg",
            id="single fields override options",
        ),
        pytest.param(
            {"options": "crop=top", "width": "3", "height": "4", "fit": "crop"},
            "3x4,crop=top",
            id="the place of a crop stays",
        ),
        pytest.param(
            {"options": "3x4,crop=top", "fit": "pad"}, "3x4,pad", id="another fit than the crop"
        ),
        pytest.param({"options": "timeout=5"}, "timeout=5", id="a timeout"),
    ],
)
def test_fields_become_options(fields: dict[str, str], text: str) -> None:
    assert options_of(**fields) == text


@pytest.mark.parametrize("yes", ["true", "TRUE", "1", "yes", "on", " on "])
@pytest.mark.parametrize("no", ["false", "False", "0", "no", "off", ""])
def test_a_flag_has_many_spellings(yes: str, no: str) -> None:
    kept = read_fields(ApiForm(fields={"url": URL, "storage_commit": yes}))
    left = read_fields(ApiForm(fields={"url": URL, "storage_commit": no}))

    assert (kept.keeps_result, left.keeps_result) == (True, False)


def test_what_is_put_right_is_told() -> None:
    assert warnings_of(compression="lossless", width="10") == (
        '"quality=lossless" holds only without resizing; "quality=high" was used instead',
    )
    assert warnings_of(options="300x200", width="10") == (
        '"300x200" and "10" contradict each other; the last one was used',
    )


def test_unknown_fields_are_named_with_what_may_have_been_meant() -> None:
    assert warnings_of(compresion="max", colour="1") == (
        'the field "compresion" is unknown and was ignored; did you mean "compression"?',
        'the field "colour" is unknown and was ignored',
    )


def test_of_many_unknown_fields_a_few_are_named() -> None:
    warnings = warnings_of(**{f"stranger{number:03}": "" for number in range(100)})

    assert len(warnings) == 11
    assert warnings[-1] == "90 more unknown fields were ignored"


def test_warnings_are_printable_ascii_whatever_a_field_is_called() -> None:
    (warning,) = warnings_of(**{"\x00é\n" * 40: "1"})

    assert warning.isascii()
    assert warning.isprintable()


def test_what_the_caller_reads_itself_is_no_stranger() -> None:
    form = ApiForm(fields={"client_batch_id": "a", "callback_url": "b"})

    fields = read_fields(form, takes_source=False, also_known=("client_batch_id",))

    assert fields.warnings == ('the field "callback_url" is unknown and was ignored',)
    assert fields.source_url is None


@pytest.mark.parametrize("accept_file", ["true", "false", ""])
def test_a_file_that_came_is_taken_whatever_accept_file_says(
    tmp_path: Path, accept_file: str
) -> None:
    form = ApiForm(fields={"accept_file": accept_file}, files=(upload(tmp_path, b"a"),))

    fields = read_fields(form)
    form.close()

    assert fields.source_url is None
    said_no = ('"accept_file" is false, and the file that came was taken all the same',)
    assert fields.warnings == (said_no if accept_file == "false" else ())


def test_the_fingerprint_is_of_fields_and_files_and_of_nothing_else(tmp_path: Path) -> None:
    a, b = upload(tmp_path, b"a", "a.jpg"), upload(tmp_path, b"b", "b.jpg")
    fields = {"width": "1", "format": "png"}
    form = ApiForm(fields=fields, files=(a, b))

    same = [
        ApiForm(fields=dict(reversed(fields.items())), files=(a, b)),
        ApiForm(fields=fields, files=(b, a)),
        ApiForm(fields=fields, files=(a, b), media_type=MULTIPART),
    ]
    renamed = Upload(spool=a.spool, filename="c.jpg")
    other = [
        ApiForm(fields={"width": "2", "format": "png"}, files=(a, b)),
        ApiForm(fields={"width": "1png", "format": ""}, files=(a, b)),
        ApiForm(fields=fields, files=(a,)),
        ApiForm(fields=fields, files=(a, a)),
        ApiForm(fields=fields, files=(renamed, b)),
        ApiForm(fields={"\ud800": "a"}),
    ]

    assert {each.fingerprint() for each in same} == {form.fingerprint()}
    assert len({each.fingerprint() for each in (form, *other)}) == 1 + len(other)
    form.close()

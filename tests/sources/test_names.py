"""File names and header parameters, as clients write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.sources.filename import MAX_FILENAME_BYTES, clean_filename
from imgproxy_py.sources.parameters import filename_in, read_parameters


@pytest.mark.parametrize(
    ("sent", "clean"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\pictures\\a.png", "a.png"),
        ("/abs/olute.png", "olute.png"),
        ("a\0.png", "a.png"),
        ("a\r\nSet-Cookie: x.png", "aSet-Cookie_ x.png"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ('a"b<c>.png', "a_b_c_.png"),
        ("  .hidden ", "hidden"),
        ("trailing. . ", "trailing"),
        ("50 % off.png", "50 % off.png"),
        ("e\u0301.png", "\u00e9.png"),
        ("\u4e2d\u6587.png", "\u4e2d\u6587.png"),
        ("a\udce9.png", "a.png"),
        ("..", None),
        ("/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_file_name_is_the_last_part_without_anything_dangerous(
    sent: str | None, clean: str | None
) -> None:
    assert clean_filename(sent) == clean


@pytest.mark.parametrize("letter", ["a", "\u4e2d"])
def test_a_long_file_name_is_cut_and_keeps_its_extension(letter: str) -> None:
    clean = clean_filename(letter * 1000 + ".jpeg")

    assert clean is not None
    assert clean.endswith(f"{letter}.jpeg")
    assert MAX_FILENAME_BYTES - 2 <= len(clean.encode()) <= MAX_FILENAME_BYTES


@given(st.text())
def test_no_file_name_is_ever_a_path(sent: str) -> None:
    clean = clean_filename(sent)

    if clean is not None:
        assert not set(clean) & set('/\\\0"\r\n')
        assert clean not in {".", ".."}
        assert 0 < len(clean.encode()) <= MAX_FILENAME_BYTES
        assert clean_filename(clean) == clean


@pytest.mark.parametrize(
    ("header", "value", "parameters"),
    [
        ("form-data", "form-data", {}),
        ('Form-Data; NAME="a"; filename="b.png"', "form-data", {"name": "a", "filename": "b.png"}),
        ("form-data; name=a; filename=b c.png", "form-data", {"name": "a", "filename": "b"}),
        ('form-data;name="a;b=c"', "form-data", {"name": "a;b=c"}),
        ('form-data; name="a\\"b"', "form-data", {"name": 'a"b'}),
        ('form-data; filename="C:\\new\\a.png"', "form-data", {"filename": "C:\\new\\a.png"}),
        ('form-data; name="first"; name="second"', "form-data", {"name": "first"}),
        ("multipart/form-data, boundary=X", "multipart/form-data", {"boundary": "X"}),
        ('multipart/form-data; boundary="a b,c"', "multipart/form-data", {"boundary": "a b,c"}),
        ("multipart/form-data ; boundary = X ", "multipart/form-data", {"boundary": "X"}),
        ("", "", {}),
        (";;;=;", "", {}),
    ],
)
def test_parameters_are_read_as_clients_write_them(
    header: str, value: str, parameters: dict[str, str]
) -> None:
    assert read_parameters(header) == (value, parameters)


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ("form-data; filename=\"a\"; filename*=utf-8''%C3%A9.png", "é.png"),
        ("form-data; filename*=UTF-8'en'a%20b.png", "a b.png"),
        ("form-data; filename*=iso-8859-1''%E9.png", "é.png"),
        ("form-data; filename=a.png; filename*=klingon''b.png", "a.png"),
        ("form-data; filename=a.png; filename*=b.png", "a.png"),
        ('form-data; filename=""', ""),
        ("form-data; name=a", None),
    ],
)
def test_the_extended_file_name_wins_where_it_can_be_read(
    disposition: str, filename: str | None
) -> None:
    assert filename_in(read_parameters(disposition)[1]) == filename

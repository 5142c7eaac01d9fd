"""The name under which a result may be saved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.service.filename import MAX_CHARACTERS, stem_of


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("https://a.example/b/photo.jpg", "photo"),
        ("https://a.example/b/photo.tar.gz?x=/y.png", "photo.tar"),
        ("https://a.example/", "image"),
        ("https://a.example", "image"),
        ("https://a.example/%C3%A9t%C3%A9.png", "été"),
        ("C:\\temp\\my photo.jpeg", "my photo"),
        ("../../etc/passwd", "passwd"),
        (".htaccess", "htaccess"),
        ("...", "image"),
        ('a"b\r\nc.png', "a_b_c"),
        ("http://[@a.example/b.png", "b"),
        ("http://\u2100@a.example/b.png", "b"),
        ("http://a.example?x=/b.png", "image"),
        ("", "image"),
        (None, "image"),
    ],
)
def test_the_stem_is_the_last_segment_cleaned(name: str | None, stem: str) -> None:
    assert stem_of(name) == stem


@given(st.text())
def test_no_name_leads_out_of_a_folder_or_breaks_a_line(name: str) -> None:
    stem = stem_of(name)

    assert 0 < len(stem) <= MAX_CHARACTERS
    assert not set(stem) & set('/\\"\r\n\0')
    assert not stem.startswith(".")

"""Source URLs: what is read, what is refused and why, and what never reaches a log."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.sources.errors import SourceUrlInvalid
from imgproxy_py.sources.url import MAX_URL_CHARACTERS, read_source_url, without_user_info


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("http://example.com/a.png", "http://example.com/a.png"),
        ("HTTPS://EXAMPLE.com/A.png", "https://example.com/A.png"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:443/", "https://example.com/"),
        ("https://example.com:80/", "https://example.com:80/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com./a", "http://example.com/a"),
        ("http://my_bucket.example.com/", "http://my_bucket.example.com/"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("http://B\u00fccher.example/", "http://xn--bcher-kva.example/"),
        ("http://[2001:0DB8::0:1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://[::ffff:1.2.3.4]/", "http://[::ffff:102:304]/"),
        ("http://1.2.3.4/", "http://1.2.3.4/"),
        ("http://1.2.3.example/", "http://1.2.3.example/"),
        ("http://me:secret@example.com/a@b", "http://example.com/a@b"),
        ("http://a@b@example.com/", "http://example.com/"),
    ],
)
def test_a_source_url_has_one_spelling(written: str, text: str) -> None:
    assert read_source_url(written).text == text


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        pytest.param("2130706433", "as four decimal numbers", id="decimal"),
        pytest.param("0x7f000001", "as four decimal numbers", id="hexadecimal"),
        pytest.param("0x7f.0.0.1", "as four decimal numbers", id="partly hexadecimal"),
        pytest.param("0177.0.0.1", "as four decimal numbers", id="octal"),
        pytest.param("127.1", "as four decimal numbers", id="two numbers"),
        pytest.param("127.0.1", "as four decimal numbers", id="three numbers"),
        pytest.param("0", "as four decimal numbers", id="zero"),
        pytest.param("127.0.0.1.5", "as four decimal numbers", id="five numbers"),
        pytest.param("127.0.0.256", "as four decimal numbers", id="a number too large"),
        pytest.param("example.0x", "as four decimal numbers", id="an empty hexadecimal"),
        pytest.param("127。0。0。1", "plain dots", id="ideographic dots"),
        pytest.param("127．0．0．1", "plain dots", id="full-width dots"),
        pytest.param("127｡0｡0｡1", "plain dots", id="half-width dots"),
        pytest.param("１２７.0.0.1", None, id="full-width digits, spelling a plain address"),
        pytest.param("①②⑦.1", "as four decimal numbers", id="circled digits"),
        pytest.param("127%2E0%2E0%2E1", "not a host name", id="escaped dots"),
        pytest.param("[fe80::1%25eth0]", "zone id", id="a zone id"),
        pytest.param("[fe80::1%eth0]", "zone id", id="a bare zone id"),
        pytest.param("[::1", "no readable host", id="an open bracket"),
        pytest.param("[v1.a]", "not an IPv6 address", id="an address of the future"),
        pytest.param("[127.0.0.1]", "not an IPv6 address", id="IPv4 in brackets"),
        pytest.param("::1", "no readable host", id="IPv6 without brackets"),
        pytest.param("", "no readable host", id="nothing"),
        pytest.param("user@", "no readable host", id="user-info alone"),
        pytest.param("public.example\\@10.0.0.1", "no readable host", id="a backslash"),
        pytest.param("10.0.0.1\\.public.example", "no readable host", id="another backslash"),
        pytest.param("-a.example", "not a host name", id="a leading hyphen"),
        pytest.param("a..example", "not a host name", id="an empty label"),
        pytest.param(".", "not a host name", id="the root"),
        pytest.param("a b.example", "not a host name", id="a space"),
        pytest.param("a" * 64 + ".example", "not a host name", id="a label too long"),
        pytest.param("a." * 127 + "example", "not a host name", id="a name too long"),
        pytest.param("exa\u00admple\u200b.com\ud800", "host name", id="a surrogate"),
        pytest.param("example.com:0", "between 1 and 65535", id="port zero"),
        pytest.param("example.com:65536", "between 1 and 65535", id="port too large"),
        pytest.param("example.com:" + "9" * 5000, "between 1 and 65535", id="port far too large"),
        pytest.param("example.com:8_0", "no readable host", id="a port with an underscore"),
        pytest.param("example.com:٨٠", "no readable host", id="a port in other digits"),
        pytest.param("example.com:+80", "no readable host", id="a signed port"),
    ],
)
def test_a_host_that_hides_what_it_is_gets_refused(host: str, reason: str | None) -> None:
    if reason is None:
        assert read_source_url(f"http://{host}/").host == "127.0.0.1"
        return
    with pytest.raises(SourceUrlInvalid, match=reason) as caught:
        read_source_url(f"http://{host}/a.png")
    assert str(caught.value).isascii()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "//example.com/a.png",
        "example.com/a.png",
        "http:/example.com/a.png",
        "http:example.com",
        " http://example.com/",
        "",
    ],
)
def test_anything_but_http_and_https_is_refused(url: str) -> None:
    with pytest.raises(SourceUrlInvalid) as caught:
        read_source_url(url)

    assert str(caught.value) == "the source URL must begin with http:// or https://"


@pytest.mark.parametrize("character", ["\n", "\r", "\0", "\t", "\x7f", "\x1b"])
def test_control_characters_are_refused_anywhere(character: str) -> None:
    for url in (f"http://example.com/a{character}b", f"http://exa{character}mple.com/"):
        with pytest.raises(SourceUrlInvalid, match="control characters"):
            read_source_url(url)


def test_a_url_may_be_long_but_not_endless() -> None:
    url = "http://example.com/".ljust(MAX_URL_CHARACTERS, "a")

    assert read_source_url(url).text == url
    with pytest.raises(SourceUrlInvalid, match="longer than 16384 characters"):
        read_source_url(url + "a")


def test_user_info_stands_in_no_text_of_the_url() -> None:
    url = read_source_url("http://me:secret@example.com/a.png")

    assert url.authorization == "Basic bWU6c2VjcmV0"
    for text in (url.text, repr(url), str(url)):
        assert "secret" not in text
        assert "bWU6c2VjcmV0" not in text


def test_no_message_repeats_user_info() -> None:
    for url in ("http://me:secret@/", "http://me:secret@127.1/", "http://me:secret@a b/"):
        with pytest.raises(SourceUrlInvalid) as caught:
            read_source_url(url)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("http://me:secret@h/a.png", "http://h/a.png"),
        ("http%3A%2F%2Fme%3Asecret%40h%2Fa.png", "http%3A%2F%2Fh%2Fa.png"),
        ("/u/full/https:/me@h/a", "/u/full/https:/h/a"),
        ("http://h/http://me:secret@i/a", "http://h/http://i/a"),
        ("http://a@b@h/", "http://h/"),
        ("http://me:se%2Fcret@h/", "http://h/"),
        ("https%3a%2f%2fme%40h%2fa%402x.png", "https%3a%2f%2fh%2fa%402x.png"),
        ("http://h/a@2x.png", "http://h/a@2x.png"),
        ("no url at all", "no url at all"),
    ],
)
def test_user_info_is_cut_out_of_any_text(text: str, clean: str) -> None:
    assert without_user_info(text) == clean


@given(st.one_of(st.text(), st.text().map("http://{}".format), st.text().map("http://h/{}".format)))
def test_whatever_is_read_is_one_well_formed_line_and_reads_as_itself(text: str) -> None:
    try:
        url = read_source_url(text)
    except SourceUrlInvalid as refused:
        line = str(refused)
    else:
        line = url.text
        assert " " not in line
        assert read_source_url(line).text == line
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize(
    "written",
    ["http://example.com/\ud800", "http://\ud800@example.com/", "http://example.com/?\udfff"],
)
def test_half_a_character_is_no_part_of_a_url(written: str) -> None:
    """JSON can say `"\\ud800"`, which no encoding has bytes for."""
    with pytest.raises(SourceUrlInvalid) as refused:
        read_source_url(written)

    assert str(refused.value) == "the source URL holds half of a character (a lone surrogate)"


def test_bytes_that_are_not_utf_8_leave_as_they_came() -> None:
    url = read_source_url("http://me\udcff@example.com/\udcfe")

    assert url.target == "/%FE"
    assert url.authorization == "Basic " + base64.b64encode(b"me\xff:").decode()

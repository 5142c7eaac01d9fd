"""Source URLs in both spellings, and what of them reaches the origin."""

import contextlib
import time

import pytest

from options_grammar import PathError, cut

NO_SCHEME = (
    'the source URL "example.com/a.png" has no scheme; did you mean "https://example.com/a.png"?'
)
TWO_SEGMENTS = (
    "options stand in one segment, parted by commas, and the source URL follows them; "
    '"crop/http://h/a.png" begins with neither http:// nor https://'
)


def _source(source: bytes) -> str | None:
    return cut(b"/U/full/" + source, b"").source


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        pytest.param(b"http://h/a%2Fb%2fc", "http://h/a%2Fb%2fc", id="raw escapes are untouched"),
        pytest.param(b"http://h/100%.png", "http://h/100%.png", id="a raw stray percent too"),
        pytest.param(b"HTTPS://H/A", "HTTPS://H/A", id="any case of the scheme"),
        pytest.param(b"http:/h/a", "http://h/a", id="slashes merged by a proxy"),
        pytest.param(b"http%3A/h/a", "http://h/a", id="merged slashes of an encoded source"),
        pytest.param(b"http%3a//h/a%2520b", "http://h/a%20b", id="only the colon escaped"),
        pytest.param(b"HtTp%3A%2F%2Fh%2F%252F", "HtTp://h/%2F", id="decoded exactly once"),
        pytest.param(
            b"http%3A%2F%2Fh%2F100%25.png", "http://h/100%25.png", id="an encoded stray percent"
        ),
        pytest.param(
            b"http%3A%2F%2Fh%2F%25zz%25", "http://h/%25zz%25", id="several stray percents"
        ),
        pytest.param(b"http%3A%2F%2Fh%2F%FF%E9", "http://h/%FF%E9", id="bytes that are not UTF-8"),
        pytest.param(
            b"http%3A%2F%2Fh%2F%25FF", "http://h/%FF", id="an escape that was itself escaped"
        ),
        pytest.param(b"http%3A%2F%2Fh%2Fa+b", "http://h/a+b", id="a plus is no blank"),
        pytest.param(b"http://h//a///b", "http://h//a///b", id="double slashes"),
        pytest.param(b"http://h/../a/./b", "http://h/../a/./b", id="dot segments"),
        pytest.param(
            b"http://h/a,b[1]{2}|c'(~!*)", "http://h/a,b[1]{2}|c'(~!*)", id="what works everywhere"
        ),
        pytest.param(
            b"http%3A%2F%2Fh%2F%7C%7B%7D%5B%5D%2C", "http://h/|{}[],", id="the same, encoded"
        ),
        pytest.param(
            b'http://h/ "<>\\^`\x7f', "http://h/%20%22%3C%3E%5C%5E%60%7F", id="what may not stand"
        ),
        pytest.param(
            "http://h/\u00e9\u20ac".encode(), "http://h/%C3%A9%E2%82%AC", id="raw beyond ASCII"
        ),
        pytest.param(
            b"http%3A%2F%2Fh%2Fx%20HTTP%2F1.1%0D%0AHost%3A%20evil%0D%0A%00",
            "http://h/x%20HTTP/1.1%0D%0AHost:%20evil%0D%0A%00",
            id="no request is smuggled",
        ),
        pytest.param(b"http://h/a?b?c", "http://h/a?b?c", id="a question mark in the path"),
        pytest.param(b"http://h/a#b", "http://h/a", id="a raw fragment is cut off"),
        pytest.param(b"http%3A%2F%2Fh%2Fa%3Fb%23c%3Fd", "http://h/a?b", id="an encoded fragment"),
        pytest.param(b"http://h/a%23b", "http://h/a%23b", id="an escaped sign is no fragment"),
        pytest.param(b"http://h", "http://h", id="no path"),
        pytest.param(b"http%3A%2F%2Fh%3Fq", "http://h?q", id="a query without a path"),
        pytest.param(b"http://u:p%40w@h:8080/", "http://u:p%40w@h:8080/", id="user-info and port"),
        pytest.param(
            b"http%3A%2F%2Fu%3Ap%2540w%40h%2Fa", "http://u:p%40w@h/a", id="encoded user-info"
        ),
        pytest.param(b"http://u@v@h/", "http://u@v@h/", id="the last @ ends the user-info"),
        pytest.param(b"http://[2001:db8::1]:80/a", "http://[2001:db8::1]:80/a", id="IPv6"),
        pytest.param(b"http://h.:80/", "http://h.:80/", id="a final dot"),
        pytest.param(b"http://h:/", "http://h:/", id="an empty port"),
        pytest.param(b"http://a_b.h/", "http://a_b.h/", id="an underscore"),
        pytest.param(
            "http://b\u00fccher.example/a".encode(), "http://xn--bcher-kva.example/a", id="IDNA"
        ),
        pytest.param(
            b"http://b%C3%BCcher.example/a", "http://xn--bcher-kva.example/a", id="IDNA, escaped"
        ),
        pytest.param(
            b"http%3A%2F%2Fb%C3%BCcher.example%3A81%2F",
            "http://xn--bcher-kva.example:81/",
            id="IDNA, encoded",
        ),
    ],
)
def test_the_origin_is_sent_exactly_what_was_meant(written: bytes, sent: str) -> None:
    assert _source(written) == sent


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b"ftp://h/a.png", "a source URL begins with http:// or https://; ftp: is not fetched"),
        (
            b"file:///etc/passwd",
            "a source URL begins with http:// or https://; file: is not fetched",
        ),
        (
            b"data:image/png;base64,AA",
            "a source URL begins with http:// or https://; data: is not fetched",
        ),
        (
            b"FILE%3A%2F%2F%2Fetc",
            "a source URL begins with http:// or https://; file: is not fetched",
        ),
        (b"a.png", 'the source "a.png" is no absolute URL; it begins with http:// or https://'),
        (b"/a.png", 'the source "/a.png" is no absolute URL; it begins with http:// or https://'),
        (
            b"example.com/a.png",
            NO_SCHEME,
        ),
        (
            b"//u:secret@example.com/a.png",
            NO_SCHEME.replace('URL "', 'URL "//'),
        ),
        (
            b"crop/http://h/a.png",
            TWO_SEGMENTS,
        ),
        (b"http%253A%252F%252Fh", "the source URL is percent-encoded twice; encode it once"),
        (b"http:h/a", 'the source URL "http:h/a" lacks the slashes of http://'),
        (b"https%3Ah", 'the source URL "https:h" lacks the slashes of https://'),
        (b"http:///a", "the source URL names no host"),
        (b"http:/", "the source URL names no host"),
        (b"http://u:p@/", "the source URL names no host"),
        (b"http://:80/", "the source URL names no host"),
        (b"http://?q", "the source URL names no host"),
        (b"http://h:8o/", 'the source URL\'s port "8o" is no number'),
        (b"http://h:123456/", 'the source URL\'s port "123456" is no number'),
        (b"http://a%2Fb/", 'the source URL\'s host "a%2Fb" is no host name'),
        (b"http://%31%32%37.0.0.1/", 'the source URL\'s host "%31%32%37.0.0.1" is no host name'),
        (b"http://[::1%25eth0]/", 'the source URL\'s host "[::1%25eth0]" is no host name'),
        (b"http://h|i/", 'the source URL\'s host "h|i" is no host name'),
        (b"http://%FF.example/", 'the source URL\'s host "%FF.example" is no host name'),
        (b"http://fa%C3%9F.example/", 'the source URL\'s host "fa%C3%9F.example" is no host name'),
        (b"http://" + b"a" * 254 + b"/", f'the source URL\'s host "{"a" * 60}..." is no host name'),
        (
            b"http://shown.example\\@fetched.example/",
            "the source URL holds a character that no host name can hold",
        ),
        (
            b"http%3A%2F%2Fh%0D%0AX%3A%20y%2F",
            "the source URL holds a character that no host name can hold",
        ),
        (b"http://h\x00.example/", "the source URL holds a character that no host name can hold"),
    ],
)
def test_what_is_no_source_url_is_refused_with_the_reason(written: bytes, reason: str) -> None:
    with pytest.raises(PathError) as caught:
        _source(written)

    assert str(caught.value) == reason
    assert caught.value.code == "source_url_invalid"


@pytest.mark.parametrize(
    "host",
    [
        "\uff11\uff12\uff17\u30020\u30020\u30021",  # full-width digits and ideographic dots
        "127.0.0.\uff11",
        "\uff11\uff12\uff17.1",
        "0\uff587f000001",
        "\u2461\u2460\u2460\u2460",
        "\u0661.1",
    ],
)
def test_a_number_disguised_as_a_name_is_refused(host: str) -> None:
    with pytest.raises(PathError, match="is no host name"):
        _source(f"http://{host}/".encode())


def test_a_raw_query_belongs_to_the_source_and_is_made_ready_too() -> None:
    assert cut(b"/U/full/http://h/a", b"b=1 2&c=\xff#d").source == "http://h/a?b=1%202&c=%FF"


@pytest.mark.parametrize(
    "piece", [b"a.", b"a/", b"@", b"%25", b"[:", b"a@", b"http", b"u:@/", b"-."]
)
@pytest.mark.parametrize("start", [b"", b"http://", b"http%3A%2F%2Fh%2F", b"http%3A%2F%2F", b"//"])
def test_no_source_takes_longer_than_its_length_explains(start: bytes, piece: bytes) -> None:
    began_at = time.process_time()
    with contextlib.suppress(PathError):
        _source(start + piece * (60_000 // len(piece)))

    # A millisecond or two as a rule; a quadratic expression takes ten seconds.
    assert time.process_time() - began_at < 1

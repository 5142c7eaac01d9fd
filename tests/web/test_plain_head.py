"""A plain head is read as h11 reads it, and everything else is h11's."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.web.plain_head import PlainHead, read_plain

PLAIN = (
    b"GET /user/100/http://a.example/b.png?c=d HTTP/1.1\r\nHost: x\r\nAccept:  image/avif \r\n\r\n"
)

PIECES = [
    *(b"\r\n", b"\r", b"\n", b" ", b"\t", b":", b"\x00", b"\x0b", b"\x7f", b"\xff", b"a", b""),
    *(b"HOST: y", b"\r\n\r\n", b"\r\nConnection: close", b"\r\nContent-Length: 3"),
]


def by_h11(data: bytes) -> PlainHead | None:
    """What h11 makes of the same bytes, where they are a whole request that has no body and after
    which the connection lives on."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    try:
        request, end = connection.next_event(), connection.next_event()
        is_alone = connection.next_event() in (h11.NEED_DATA, h11.PAUSED)
        is_alone &= connection.trailing_data[0] == b""
    except h11.RemoteProtocolError:
        return None
    lives = connection.their_state is h11.DONE
    if not isinstance(request, h11.Request) or type(end) is not h11.EndOfMessage:
        return None
    headers = [(bytes(name), bytes(value)) for name, value in request.headers]
    head = PlainHead(request.method.decode(), request.target, headers)
    return head if lives and is_alone else None


def test_a_plain_head_is_read() -> None:
    assert read_plain(PLAIN) == PlainHead(
        method="GET",
        target=b"/user/100/http://a.example/b.png?c=d",
        headers=[(b"host", b"x"), (b"accept", b"image/avif")],
    )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(PLAIN[:-1], id="the end is missing"),
        pytest.param(PLAIN + PLAIN, id="another request behind it"),
        pytest.param(PLAIN + b"x", id="a byte behind it"),
        pytest.param(PLAIN.replace(b"GET", b"POST"), id="another method"),
        pytest.param(PLAIN.replace(b"GET", b"get"), id="no method at all"),
        pytest.param(PLAIN.replace(b"1.1", b"1.0"), id="HTTP/1.0"),
        pytest.param(PLAIN.replace(b"GET /", b"GET http://x/"), id="absolute form"),
        pytest.param(PLAIN.replace(b"b.png", b"b \xc3\xa9.png"), id="a space in the target"),
        pytest.param(PLAIN.replace(b"b.png", b"\xc3\xa9.png"), id="raw bytes in the target"),
        pytest.param(PLAIN.replace(b"\r\n", b"\n"), id="bare line feeds"),
        pytest.param(PLAIN.replace(b"Accept:", b"Accept :"), id="a space before the colon"),
        pytest.param(PLAIN.replace(b"Accept:", b" Accept:"), id="a folded line"),
        pytest.param(PLAIN.replace(b"image", b"im\xe4ge"), id="raw bytes in a value"),
        pytest.param(PLAIN.replace(b"image", b"im\x00ge"), id="NUL in a value"),
        pytest.param(PLAIN.replace(b"Host: x\r\n", b""), id="no host"),
        pytest.param(PLAIN.replace(b"Accept", b"Host"), id="two hosts"),
        pytest.param(PLAIN.replace(b"Accept:", b"Content-Length: 0\r\nA:"), id="a length"),
        pytest.param(PLAIN.replace(b"Accept:", b"Transfer-Encoding: chunked\r\nA:"), id="chunks"),
        pytest.param(PLAIN.replace(b"Accept:", b"Upgrade: h2c\r\nA:"), id="another protocol"),
        pytest.param(PLAIN.replace(b"Accept:", b"Expect: 100-continue\r\nA:"), id="expectations"),
        pytest.param(PLAIN.replace(b"Accept:", b"Connection: close\r\nA:"), id="the last one"),
        pytest.param(PLAIN.replace(b"Accept:", b"Connection: keep-alive, te\r\nA:"), id="a list"),
    ],
)
def test_what_is_not_plain_is_left_to_h11(data: bytes) -> None:
    assert read_plain(data) is None


@pytest.mark.parametrize("value", [b"keep-alive", b"Keep-Alive"])
def test_a_connection_that_is_kept_alive_is_plain(value: bytes) -> None:
    assert read_plain(PLAIN.replace(b"Accept:", b"Connection: " + value + b"\r\nA:")) is not None


@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, len(PLAIN)),
            st.integers(0, 3),
            st.sampled_from(PIECES),
        ),
        max_size=3,
    )
)
def test_whatever_is_read_as_plain_h11_reads_the_same(
    changes: list[tuple[int, int, bytes]],
) -> None:
    data = PLAIN
    for at, cut, put in changes:
        data = data[:at] + put + data[at + cut :]

    head = read_plain(data)

    assert head is None or head == by_h11(data)


def test_a_long_head_that_is_nearly_plain_takes_no_time() -> None:
    nearly = PLAIN[:-2] + b"A: " + b"b " * 15_000 + b"\r\n" * 2 + b"c: d\r\n" * 4_000
    assert read_plain(nearly) is None

"""What an origin answers, and what that means to the requester."""

import pytest

from imgproxy_py.sources.errors import OriginFailed, SourceForbidden, SourceNotFound
from tests.sources.conftest import Fetch
from tests.sources.origin import Origin, ok, redirect, status, then_close


async def test_a_304_is_an_answer_when_validators_were_sent(fetch: Fetch) -> None:
    not_modified = b'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nContent-Length: 7\r\n\r\n'
    async with Origin(not_modified) as origin:
        fetched = await fetch(origin.url(), validators={"If-None-Match": '"v1"'})
        await fetched.done

        assert origin.requests[0].header("If-None-Match") == '"v1"'
        assert (fetched.status, fetched.spool.is_complete, fetched.spool.read()) == (304, True, b"")
        with pytest.raises(OriginFailed, match="answered 304"):
            await fetch(origin.url())


async def test_repeated_headers_of_the_answer_are_all_there(fetch: Fetch) -> None:
    async with Origin(ok(b"a", "Vary: Accept", "vary: Origin")) as origin:
        fetched = await fetch(origin.url())

    assert fetched.headers["vary"] == "Accept, Origin"


@pytest.mark.parametrize(
    ("sent", "told"),
    [(b'"\xe9"', '"\N{REPLACEMENT CHARACTER}"'), ('"é"'.encode(), '"é"'), (b'"e"', '"e"')],
)
async def test_a_header_of_any_bytes_is_a_text_that_can_be_written_down(
    fetch: Fetch, sent: bytes, told: str
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nETag: " + sent + b"\r\n\r\na"
    async with Origin(answer) as origin:
        headers = (await fetch(origin.url())).headers

    assert headers["etag"] == told
    assert headers["etag"].encode().decode() == told


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("404 Not Found", SourceNotFound, "the origin has no such source image (404)"),
        ("410 Gone", SourceNotFound, "the origin has no such source image (410)"),
        ("401 Who", SourceForbidden, "the origin refused to hand out the source image (401)"),
        ("403 No", SourceForbidden, "the origin refused to hand out the source image (403)"),
        ("500 Oops", OriginFailed, "the origin answered 500"),
        ("429 Slow down", OriginFailed, "the origin answered 429"),
        ("204 Nothing", OriginFailed, "the origin answered 204"),
        ("206 Part", OriginFailed, "the origin answered 206"),
        ("300 Choose", OriginFailed, "the origin answered 300"),
    ],
)
async def test_what_the_origin_says_becomes_an_error_of_ours(
    fetch: Fetch, line: str, error: type[Exception], message: str
) -> None:
    async with Origin(status(line)) as origin:
        with pytest.raises(error) as caught:
            await fetch(origin.url())

    assert str(caught.value) == message
    assert type(caught.value) is error


async def test_validators_that_are_for_one_page_go_to_no_other_one(fetch: Fetch) -> None:
    async with Origin(redirect("/final"), status("304 Not Modified", 'ETag: "v1"')) as origin:
        fetched = await fetch(
            origin.url("/first"),
            validators={"If-None-Match": '"v1"'},
            validators_for=origin.url("/final"),
        )

    assert [request.header("If-None-Match") for request in origin.requests] == [None, '"v1"']
    assert (fetched.status, fetched.url) == (304, origin.url("/final"))


async def test_a_304_from_a_page_that_got_no_validators_is_a_failed_origin(fetch: Fetch) -> None:
    async with Origin(redirect("/moved"), status("304 Not Modified")) as origin:
        with pytest.raises(OriginFailed) as caught:
            await fetch(
                origin.url("/first"),
                validators={"If-None-Match": '"v1"'},
                validators_for=origin.url("/final"),
            )

    assert str(caught.value) == "the origin answered 304"


async def test_what_led_to_an_answer_is_told_with_it(fetch: Fetch) -> None:
    hop = status("302 Found", "Location: /b", "Cache-Control: max-age=1", "Cache-Control: public")
    async with Origin(hop, redirect("/c"), ok()) as origin:
        fetched = await fetch(origin.url("/a"))

    assert [passed.get("cache-control") for passed in fetched.passed] == [
        "max-age=1, public",
        None,
    ]


async def test_an_error_tells_the_origin_s_status_and_headers(fetch: Fetch) -> None:
    async with Origin(status("404 Not Found", "Cache-Control: max-age=7")) as origin:
        with pytest.raises(SourceNotFound) as caught:
            await fetch(origin.url())

    assert (caught.value.origin_status, caught.value.is_passing) == (404, False)
    assert caught.value.headers["cache-control"] == "max-age=7"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 2", id="half a status line"),
        pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", id="a false length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", id="a huge header"),
    ],
)
async def test_an_answer_that_is_not_http_is_a_failed_origin(fetch: Fetch, answer: bytes) -> None:
    async with Origin(then_close(answer)) as origin:
        with pytest.raises(OriginFailed) as caught:
            await fetch(origin.url())

    assert "127.0.0.1" not in str(caught.value)

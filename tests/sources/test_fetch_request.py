"""What an origin is asked: the exact request line, our own headers, nobody's else."""

import base64

import pytest

from imgproxy_py.sources.errors import (
    SourceLoop,
    SourceNotAllowed,
)
from imgproxy_py.sources.patterns import read_patterns
from imgproxy_py.sources.via import hops_in
from imgproxy_py.version import VERSION
from tests.sources.conftest import Fetch
from tests.sources.origin import Origin, loopback_policy, ok, then_close


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("/a%2Fb.png", id="an escaped slash"),
        pytest.param("/a%2fb%c3%a9.png", id="escapes in lower case"),
        pytest.param("/a%252Fb.png", id="an escaped percent sign"),
        pytest.param("/a//b///c.png", id="double slashes"),
        pytest.param("/resize/http://other.example/a.png", id="a nested URL"),
        pytest.param("/r/https%3A%2F%2Fother.example%2Fa.png", id="a nested escaped URL"),
        pytest.param("/a.png?a=b&c", id="a query with a bare name"),
        pytest.param("/api?url=https://x.y/z&width=640&height=360", id="a URL in the query"),
        pytest.param("/w_1,h_2/a.png", id="commas"),
        pytest.param("/a[1].png?x[]=1", id="brackets"),
        pytest.param("/a|b.png?x=1|2", id="pipes"),
        pytest.param("/a;v=1;w.png", id="semicolons"),
        pytest.param("/a/../b/./c.png", id="dot segments"),
        pytest.param("/a+b.png?c+d=%20e", id="plus signs"),
        pytest.param("/~a!$&'()*:@=.png?x=?/", id="every other plain character"),
        pytest.param("/a%zz%.png", id="percent signs that escape nothing"),
        pytest.param('/a"<>^`{}\\.png', id="what a URL should not hold"),
    ],
)
async def test_the_origin_receives_the_target_byte_for_byte(fetch: Fetch, target: str) -> None:
    async with Origin(ok()) as origin:
        await fetch(origin.url(target))

    assert origin.requests[0].target == target


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        pytest.param("", "/", id="no path"),
        pytest.param("?a=b", "/?a=b", id="a query without a path"),
        pytest.param("/a.png?", "/a.png", id="an empty query"),
        pytest.param("/a.png#part", "/a.png", id="a fragment"),
        pytest.param("/a b.png", "/a%20b.png", id="a space"),
        pytest.param("/é.png?é", "/%C3%A9.png?%C3%A9", id="letters beyond ASCII"),
        pytest.param("/\udce9.png", "/%E9.png", id="bytes that are no UTF-8"),
    ],
)
async def test_what_cannot_stand_in_a_request_line_is_escaped_or_left_out(
    fetch: Fetch, written: str, sent: str
) -> None:
    async with Origin(ok()) as origin:
        await fetch(origin.url(written))

    assert origin.requests[0].target == sent


async def test_the_request_carries_our_headers_and_no_others(fetch: Fetch) -> None:
    async with Origin(ok()) as origin:
        await fetch(origin.url("/a.png"), hops_seen=1)

    lines = origin.requests[0].decode().strip().split("\r\n")
    assert lines[0] == "GET /a.png HTTP/1.1"
    assert sorted(lines[1:]) == [
        "Accept-Encoding: identity",
        "Accept: image/*,*/*;q=0.8",
        f"Host: 127.0.0.1:{origin.port}",
        f"User-Agent: imgproxy-py/{VERSION}",
        "Via: 1.1 imgproxy-py, 1.1 imgproxy-py",
    ]


async def test_cookies_of_an_origin_are_not_sent_back(fetch: Fetch) -> None:
    async with Origin(ok(b"a", "Set-Cookie: who=me; Path=/")) as origin:
        for _ in range(2):
            await (await fetch(origin.url())).done

    assert origin.requests[1].header("Cookie") is None


async def test_a_proxy_of_the_environment_is_ignored(
    fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with Origin(ok()) as origin:
        fetched = await fetch(origin.url())
        await fetched.spool.wait_ended()

    assert fetched.spool.read() == b"picture"


async def test_user_info_becomes_basic_auth_and_leaves_the_url(fetch: Fetch) -> None:
    async with Origin(ok()) as origin:
        fetched = await fetch(f"http://me%40home:p%3Ass@127.0.0.1:{origin.port}/a.png")

    expected = base64.b64encode(b"me@home:p:ss").decode()
    assert origin.requests[0].header("Authorization") == f"Basic {expected}"
    assert fetched.url == origin.url("/a.png")


async def test_connections_are_kept_alive_and_used_again(fetch: Fetch) -> None:
    async with Origin(ok()) as origin:
        for _ in range(5):
            await (await fetch(origin.url())).done

    assert (origin.connections, len(origin.requests)) == (1, 5)


async def test_a_kept_connection_that_the_origin_closed_is_not_an_error(fetch: Fetch) -> None:
    async with Origin(then_close(ok())) as origin:
        for _ in range(3):
            fetched = await fetch(origin.url())
            await fetched.spool.wait_ended()

    assert origin.connections == 3


async def test_a_validator_that_would_break_the_header_is_left_out(fetch: Fetch) -> None:
    async with Origin(ok()) as origin:
        await fetch(origin.url(), validators={"If-None-Match": '"a"\r\nX-Evil: 1'})

    assert origin.requests[0].header("X-Evil") is None
    assert origin.requests[0].header("If-None-Match") is None


async def test_a_port_outside_the_list_is_never_connected(fetch: Fetch) -> None:
    async with Origin(ok()) as origin:
        with pytest.raises(
            SourceNotAllowed, match=f"sources on port {origin.port} are not allowed"
        ):
            await fetch(origin.url(), policy=loopback_policy(allowed_ports=(range(80, 81),)))

    assert origin.connections == 0


async def test_a_denied_host_is_never_connected(fetch: Fetch) -> None:
    policy = loopback_policy(denied_sources=read_patterns("127.0.0.1"))
    async with Origin(ok()) as origin:
        with pytest.raises(SourceNotAllowed, match=r"sources from 127\.0\.0\.1 are not allowed"):
            await fetch(origin.url(), policy=policy)

    assert origin.connections == 0


async def test_a_source_that_led_through_us_too_often_is_a_loop(fetch: Fetch) -> None:
    async with Origin(ok()) as origin:
        await fetch(origin.url(), hops_seen=4)
        with pytest.raises(SourceLoop, match="through this server more than 5 times"):
            await fetch(origin.url(), hops_seen=5)

    assert origin.connections == 1


@pytest.mark.parametrize(
    ("values", "hops"),
    [
        ([], 0),
        (["1.1 cdn"], 0),
        (["1.1 imgproxy-py"], 1),
        (["1.1 imgproxy-py, 2 cdn (a comment), HTTP/1.1 IMGPROXY-PY"], 2),
        (["1.0 cdn", "1.1 imgproxy-py", "1.1 imgproxy-py"], 2),
        (["imgproxy-py", ",,", "1.1 not-imgproxy-py"], 0),
    ],
)
def test_via_tells_how_often_a_request_has_passed_us(values: list[str], hops: int) -> None:
    assert hops_in(values, "imgproxy-py") == hops

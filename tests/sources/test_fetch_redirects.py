"""Redirects: followed by hand, each hop checked like the first."""

import pytest

from imgproxy_py.sources.errors import (
    RedirectInvalid,
    RedirectLimit,
    RedirectLoop,
    SourceNotAllowed,
    SourceNotPublic,
)
from imgproxy_py.sources.patterns import read_patterns
from imgproxy_py.sources.redirect import next_hop
from imgproxy_py.sources.url import read_source_url
from tests.sources.conftest import Fetch
from tests.sources.origin import Origin, loopback_policy, ok, redirect, status


@pytest.mark.parametrize("line", ["301 M", "302 F", "303 S", "307 T", "308 P"])
async def test_a_redirect_is_followed_to_the_source(fetch: Fetch, line: str) -> None:
    async with Origin(redirect("/b.png?x=1", line), ok()) as origin:
        fetched = await fetch(origin.url("/a.png"))
        await fetched.spool.wait_ended()

    assert [request.target for request in origin.requests] == ["/a.png", "/b.png?x=1"]
    assert fetched.url == f"http://127.0.0.1:{origin.port}/b.png?x=1"
    assert fetched.spool.read() == b"picture"
    assert origin.connections == 1


async def test_five_redirects_are_followed_and_a_sixth_is_not(fetch: Fetch) -> None:
    hops = [redirect(f"/{number}") for number in range(1, 7)]
    async with Origin(*hops[:5], ok()) as origin:
        await fetch(origin.url("/0"))
    async with Origin(*hops, ok()) as origin:
        with pytest.raises(RedirectLimit, match="redirects more than 5 times"):
            await fetch(origin.url("/0"))

    assert len(origin.requests) == 6


async def test_a_circle_of_redirects_ends_at_its_first_repetition(fetch: Fetch) -> None:
    async with Origin(redirect("/b"), redirect("/a")) as origin:
        with pytest.raises(RedirectLoop, match="in a circle"):
            await fetch(origin.url("/a"))

    assert len(origin.requests) == 2


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://10.0.0.1/a.png", id="a private address"),
        pytest.param("http://169.254.169.254/latest/meta-data/", id="a cloud's credentials"),
        pytest.param("http://[::ffff:10.0.0.1]/", id="a mapped private address"),
        pytest.param("//192.168.0.1/a.png", id="a private address without a scheme"),
    ],
)
async def test_a_redirect_to_a_private_address_is_refused(fetch: Fetch, location: str) -> None:
    async with Origin(redirect(location)) as origin:
        with pytest.raises(SourceNotPublic) as caught:
            await fetch(origin.url())

    assert str(caught.value) == "the source's host is not on the public Internet"


@pytest.mark.parametrize(
    "location",
    [
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "http://2130706433/",
        "http://127.1/",
        "http://",
    ],
)
async def test_a_redirect_to_no_source_url_is_refused(fetch: Fetch, location: str) -> None:
    async with Origin(redirect(location)) as origin:
        with pytest.raises(RedirectInvalid, match="redirects to an unusable address"):
            await fetch(origin.url())


async def test_a_redirect_to_nowhere_is_refused(fetch: Fetch) -> None:
    async with Origin(status("302 Found")) as origin:
        with pytest.raises(RedirectInvalid, match="without saying where to"):
            await fetch(origin.url())


async def test_a_redirect_to_a_denied_source_is_refused(fetch: Fetch) -> None:
    async with Origin(redirect("/secret/a.png")) as origin:
        denied = read_patterns(origin.url("/secret/"))
        with pytest.raises(SourceNotAllowed):
            await fetch(origin.url(), policy=loopback_policy(denied_sources=denied))

    assert len(origin.requests) == 1


async def test_credentials_stay_with_the_origin_they_were_given_for(fetch: Fetch) -> None:
    async with Origin(ok()) as other:
        answers = [redirect("/b.png"), redirect(other.url("/c.png"))]
        async with Origin(*answers) as origin:
            await fetch(f"http://me:secret@127.0.0.1:{origin.port}/a.png")

    assert [request.header("Authorization") is not None for request in origin.requests] == [
        True,
        True,
    ]
    assert other.requests[0].header("Authorization") is None


@pytest.mark.parametrize(
    ("location", "target"),
    [
        pytest.param("/x/http://host/a.png", "/x/http://host/a.png", id="a nested URL"),
        pytest.param("d.png", "/a/b/d.png", id="a relative path"),
        pytest.param("../d.png", "/a/d.png", id="a folder up"),
        pytest.param("../../../../d.png", "/d.png", id="more folders up than there are"),
        pytest.param("./", "/a/b/", id="this folder"),
        pytest.param("?y=2", "/a/b/c.png?y=2", id="a query alone"),
        pytest.param("", "/a/b/c.png?x=1", id="nothing"),
        pytest.param("#part", "/a/b/c.png?x=1", id="a fragment"),
        pytest.param("/%2F//e;f,g|h", "/%2F//e;f,g|h", id="escapes and double slashes"),
        pytest.param("  /d.png\t", "/d.png", id="blanks around it"),
        pytest.param("/d\u00e9.png", "/d%C3%A9.png", id="letters beyond ASCII"),
        pytest.param("/d\udce9.png", "/d%E9.png", id="bytes that are no UTF-8"),
    ],
)
def test_a_location_is_resolved_as_rfc_3986_says(location: str, target: str) -> None:
    hop = next_hop(read_source_url("https://example.com:8443/a/b/c.png?x=1"), location)

    assert hop.text == f"https://example.com:8443{target}"

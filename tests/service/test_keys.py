"""What makes two requests the same, and nothing else."""

from dataclasses import replace

import pytest

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.service.keys import Keys
from imgproxy_py.service.request import Request
from options_grammar import parse

BOTH = frozenset({ImageFormat.AVIF, ImageFormat.WEBP})
SHA256 = "9f" * 32


def request(options: str, *, url: str = "https://a.example/b.png", username: str = "u") -> Request:
    parsed = parse(options)
    return Request(username=username, options=parsed.options, deadline=0.0, source_url=url)


def key(one: Request) -> str:
    return Keys.of(one).result(SHA256).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("100x50,crop", "crop,100x50", id="order"),
        pytest.param("100", "100,timeout=3", id="timeout"),
        pytest.param("100", "100,quality=medium,1x", id="defaults"),
        pytest.param("100,qualty=low", "100,quality=low", id="a spelling that was repaired"),
    ],
)
def test_what_means_the_same_has_one_key(one: str, other: str) -> None:
    assert key(request(one)) == key(request(other))


def test_who_asks_is_not_in_the_key() -> None:
    assert key(request("100")) == key(request("100", username="somebody else"))


@pytest.mark.parametrize("other", ["101", "100,2x", "100,quality=low", "100,format=png"])
def test_what_means_something_else_has_another_key(other: str) -> None:
    assert key(request("100")) != key(request(other))


def test_the_same_bytes_under_another_url_have_another_result() -> None:
    assert key(request("100")) != key(request("100", url="https://a.example/c.png"))


@pytest.mark.parametrize(("options", "differs"), [("100", True), ("100,format=jpeg", False)])
def test_accept_counts_only_where_it_decides(options: str, differs: bool) -> None:
    plain = request(options)

    assert (key(plain) != key(replace(plain, accepts=BOTH))) is differs

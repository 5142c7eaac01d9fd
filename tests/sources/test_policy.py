"""Policies: which sources are allowed, and how settings spell it."""

from ipaddress import ip_network

import pytest

from imgproxy_py.sources.errors import SourceNotAllowed, SourceNotPublic
from imgproxy_py.sources.patterns import read_patterns
from imgproxy_py.sources.policy import FetchPolicy
from imgproxy_py.sources.url import read_source_url


def is_open(policy: FetchPolicy, url: str) -> bool:
    try:
        policy.check(read_source_url(url))
    except SourceNotAllowed:
        return False
    return True


@pytest.mark.parametrize(
    ("patterns", "url", "expected"),
    [
        ("example.com", "https://example.com/a", True),
        ("example.com", "https://EXAMPLE.com./a", True),
        ("example.com", "https://www.example.com/a", False),
        ("example.com", "https://example.com.evil.net/a", False),
        ("*.example.com", "https://a.b.example.com/a", True),
        ("*.example.com", "https://example.com/a", False),
        ("*.example.com", "https://badexample.com/a", False),
        ("*", "https://anything.net/a", True),
        ("a.com, b.com", "https://b.com/", True),
        ("b\u00fccher.example", "https://xn--bcher-kva.example/", True),
        ("https://example.com/img/", "https://example.com/img/a.png", True),
        ("https://example.com/img/", "https://me:pw@example.com/img/a.png", True),
        ("https://example.com/img/", "http://example.com/img/a.png", False),
        ("https://example.com/img/", "https://example.com/other/a.png", False),
        ("https://example.com", "https://example.com.evil.net/", False),
        ("https://example.com", "https://example.com@evil.net/", False),
        ("https://example.com/img/", "https://example.com/img/../secret.png", False),
        ("https://example.com/img/", "https://example.com/img/%2e%2E/secret.png", False),
        ("https://example.com/img/", "https://example.com/img/..%2fsecret.png", False),
        ("https://example.com/img/", "https://example.com/img/%252e%252e/secret.png", False),
        ("https://example.com/img/", "https://example.com/img/..\\secret.png", False),
        ("https://example.com/img/", "https://example.com/img/./a.png?x=/../", True),
    ],
)
def test_allowed_sources_open_what_they_name_and_nothing_else(
    patterns: str, url: str, expected: bool
) -> None:
    assert is_open(FetchPolicy(allowed_sources=read_patterns(patterns)), url) is expected


@pytest.mark.parametrize(
    ("patterns", "url", "expected"),
    [
        ("example.com", "https://example.com/a", False),
        ("example.com", "https://www.example.com/a", True),
        ("*.example.com", "https://www.example.com./a", False),
        ("https://example.com/secret", "https://example.com/open", True),
        ("https://example.com/secret", "https://example.com/secret.png", False),
        ("https://example.com/secret", "https://example.com/open/../secret.png", False),
        ("https://example.com/secret", "https://example.com/%73ecret.png", False),
        ("https://example.com/secret", "https://example.com/%2573ecret.png", False),
    ],
)
def test_denied_sources_close_every_spelling_of_what_they_name(
    patterns: str, url: str, expected: bool
) -> None:
    assert is_open(FetchPolicy(denied_sources=read_patterns(patterns)), url) is expected


def test_a_denied_source_stays_closed_although_it_is_allowed_too() -> None:
    both = read_patterns("example.com")

    assert not is_open(FetchPolicy(allowed_sources=both, denied_sources=both), "http://example.com")


def test_only_the_usual_ports_are_open_by_default() -> None:
    policy = FetchPolicy()

    assert is_open(policy, "http://example.com/")
    assert is_open(policy, "https://example.com/")
    for port in (22, 81, 442, 8080):
        assert not is_open(policy, f"http://example.com:{port}/")


def test_an_address_is_judged_before_anything_is_connected() -> None:
    with pytest.raises(SourceNotPublic):
        FetchPolicy().check(read_source_url("http://[::ffff:10.0.0.1]/"))
    allowing = FetchPolicy(allowed_networks=(ip_network("10.0.0.0/8"),))
    allowing.check(read_source_url("http://[::ffff:10.0.0.1]/"))


@pytest.mark.parametrize("text", ["127.1", "a b", "*.*.com", "http://", "ftp://a.com/"])
def test_a_wrong_pattern_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(ValueError, match="is neither a host pattern nor a URL prefix"):
        read_patterns(f"example.com,{text}")

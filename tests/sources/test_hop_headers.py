"""What each origin of a fetch is told: validators and credentials, each where they belong."""

import pytest

from imgproxy_py.sources.hop_headers import HopHeaders
from imgproxy_py.sources.url import read_source_url

ETAG = {"If-None-Match": '"v1"'}


@pytest.mark.parametrize(
    ("validators_for", "is_told"),
    [
        pytest.param(None, True, id="they hold for whatever answers"),
        pytest.param("http://a.example/b.png", True, id="they hold for this page"),
        pytest.param("http://a.example/c.png", False, id="they hold for another page"),
    ],
)
def test_validators_go_to_the_page_that_they_hold_for(
    validators_for: str | None, is_told: bool
) -> None:
    headers = HopHeaders.of(via="1.1 x", validators=ETAG, validators_for=validators_for)
    hop = read_source_url("http://a.example/b.png")

    assert headers.to(hop) == {"Via": "1.1 x"} | (ETAG if is_told else {})
    assert headers.is_conditional(hop) is is_told


def test_credentials_go_to_the_hop_whose_url_has_them() -> None:
    headers = HopHeaders.of(via="1.1 x", validators=None, validators_for=None)

    told = headers.to(read_source_url("http://me:secret@a.example/"))
    assert told == {"Via": "1.1 x", "Authorization": "Basic bWU6c2VjcmV0"}
    assert headers.to(read_source_url("http://a.example/")) == {"Via": "1.1 x"}


def test_a_validator_that_no_header_line_can_hold_is_not_sent() -> None:
    headers = HopHeaders.of(
        via="1.1 x", validators={"If-None-Match": '"a"\r\nX: y'}, validators_for=None
    )

    assert not headers.is_conditional(read_source_url("http://a.example/"))

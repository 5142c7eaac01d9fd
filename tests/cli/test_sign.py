"""`imgproxy-py sign`, `signing-key` and `account url-rules`, one after the other as people do."""

import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from imgproxy_py.accounts.url_rules import UrlRules
from imgproxy_py.accounts.url_signature import read_secret
from options_grammar import cut
from tests.cli.operating import asked, cwd, told

__all__ = ["cwd"]

SOURCE = "https://www.example.com/cat.jpg"
KEY = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


@pytest.fixture(autouse=True)
def shop(cwd: Path) -> None:
    asked("account", "create", "shop", "--plan", "starter")


def is_good(url: str, key_id: str, secret: str, *, now: float | None = None) -> bool:
    """Whether the server would take it."""
    read = cut(url.partition("8000")[2].encode(), b"")
    rules = UrlRules(requires_signature=True, signing_keys={key_id: read_secret(secret)})
    return (
        rules.check_signature(read.username, read.signature_segment, read.rest, now=now) is not None
    )


def test_a_key_is_shown_once_and_signs_what_the_server_takes() -> None:
    made = asked("signing-key", "create", "--account", "shop").out
    key_id, secret = re.findall(r"^  ([0-9a-f]{8}):([A-Za-z0-9_-]{43})$", made, re.MULTILINE)[0]
    listed = asked("signing-key", "list", "--account", "shop").out

    url = asked("sign", SOURCE, "--account", "shop", "--options", "300x200,2x").out.strip()

    assert key_id in listed
    assert secret not in listed
    assert url.startswith(f"http://127.0.0.1:8000/shop:{key_id}.0.")
    assert url.endswith(f"/300x200,2x/{quote(SOURCE, safe='')}")
    assert is_good(url, key_id, secret)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (SOURCE, "https%3A%2F%2Fwww.example.com%2Fcat.jpg"),
        ("https://e.com/a?b=1", "https%3A%2F%2Fe.com%2Fa%3Fb%3D1"),
        ("https://e.com//a", "https%3A%2F%2Fe.com%2F%2Fa"),
        ("https://e.com/a b.jpg", "https%3A%2F%2Fe.com%2Fa%20b.jpg"),
        ("https://e.com/%20a", "https%3A%2F%2Fe.com%2F%2520a"),
        ("https://e.com/ä", "https%3A%2F%2Fe.com%2F%C3%A4"),
    ],
)
def test_a_signed_source_is_encoded_for_something_on_the_way_might_change_it(
    source: str, written: str
) -> None:
    url = asked("sign", source, "--account", "shop", "--key", KEY).out.strip()

    assert url.endswith(f"/full/{written}")
    assert is_good(url, *KEY.split(":"))


def test_a_url_expires_when_it_was_told_to() -> None:
    made = told("sign", SOURCE, "--account", "shop", "--key", KEY, "--expires", "2h")

    key_id, secret = KEY.split(":")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["expires_at"])
    assert is_good(made["url"], key_id, secret, now=time.time() + 7100)
    with pytest.raises(Exception, match="this signed URL was good until"):
        is_good(made["url"], key_id, secret, now=time.time() + 7300)


def test_an_address_for_uploads_can_be_signed_too() -> None:
    url = asked("sign", "--account", "shop", "--options", "50x50", "--key", KEY).out.strip()

    assert re.fullmatch(r"http://127\.0\.0\.1:8000/shop:k1\.0\.[A-Za-z0-9_-]{22}/50x50", url)
    assert is_good(url, *KEY.split(":"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((SOURCE, "--options", "wat=9", "--key", KEY), 'unknown option "wat=9"'),
        (("ftp://e.com/a", "--key", KEY), "a source begins with http:// or https://"),
        ((SOURCE, "--expires", "soon", "--key", KEY), '"soon" is neither a time such as 12h'),
        (
            (SOURCE, "--expires", "3600", "--key", KEY),
            "3600 is a moment that has passed, 1970-01-01; 3600 seconds from now are 3600s",
        ),
        ((SOURCE, "--key", "k1:short"), "it is ID:SECRET; a signing key is 32 bytes"),
        ((SOURCE,), 'the account "shop" has no signing key; make one: imgproxy-py signing-key'),
    ],
)
def test_what_cannot_be_signed_is_said(arguments: tuple[str, ...], said: str) -> None:
    ended = asked("sign", "--account", "shop", *arguments)

    assert ended.code != 0
    assert said in ended.err


def test_rules_are_shown_changed_and_kept() -> None:
    changed = asked(
        "account", "url-rules", "shop", "--signatures", "required",
        "--allowed-sources", "*.example.com, https://cdn.example.org/a/",
    )  # fmt: skip
    asked("account", "url-rules", "shop", "--allowed-referrers", "Shop.com,none")

    assert changed.out.splitlines() == [
        "signatures         required",
        "allowed sources    *.example.com, https://cdn.example.org/a/",
        "allowed referrers  all",
    ]
    assert "every URL is refused until there is a key to sign with" in changed.err
    assert told("account", "url-rules", "shop") == {
        "signatures": "required",
        "allowed_sources": ["*.example.com", "https://cdn.example.org/a/"],
        "allowed_referrers": ["shop.com", "none"],
        "signing_keys": 0,
    }


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--allowed-sources", "ftp://x", "neither a host pattern nor a URL prefix"),
        ("--allowed-referrers", "https://shop.com", "is no host of referring pages"),
    ],
)
def test_rules_that_are_none_are_refused(option: str, value: str, said: str) -> None:
    ended = asked("account", "url-rules", "shop", option, value)

    assert ended.code != 0
    assert said in ended.err


def test_a_revoked_key_is_gone_from_the_list_and_cannot_be_revoked_again() -> None:
    made = told("signing-key", "create", "--account", "shop")

    asked("signing-key", "revoke", "--account", "shop", made["id"])
    again = asked("signing-key", "revoke", "--account", "shop", made["id"])

    assert told("signing-key", "list", "--account", "shop") == []
    assert (again.code, again.err) == (
        1,
        f'the account has no active signing key "{made["id"]}"\n',
    )

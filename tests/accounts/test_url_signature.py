"""Signatures as plain values: what is signed, what fits, what is refused and in which words."""

import pytest

from imgproxy_py.accounts.errors import (
    AccessError,
    ReferrerNotAllowed,
    SignatureExpired,
    SignatureInvalid,
    SignatureMissing,
    SigningKeyInvalid,
)
from imgproxy_py.accounts.url_rules import UrlRules, is_referrer_pattern
from imgproxy_py.accounts.url_signature import (
    SigningKey,
    digest_of,
    new_key_id,
    new_secret,
    read_secret,
    read_signature,
    secret_text,
)

SECRET = bytes(range(32))
REST = "/full/https%3A%2F%2Fexample.com%2Fa.jpg"
# Computed with OpenSSL: printf 'shop\n0\n/full/…' | openssl dgst -sha256 -mac HMAC -macopt hexkey:…
DIGEST = "l7_SyFMxtJD94pY08bprHw"
RULES = UrlRules(requires_signature=True, signing_keys={"k1": SECRET})


def test_the_digest_is_that_of_another_implementation() -> None:
    assert digest_of(SECRET, username="shop", expires=0, rest=REST) == DIGEST


def test_a_secret_survives_its_text_and_is_not_shown() -> None:
    secret = new_secret()

    assert read_secret(secret_text(secret)) == secret
    assert len(secret_text(secret)) == 43
    assert secret_text(secret) not in repr(UrlRules(signing_keys={"k": secret}))
    assert repr(SigningKey(id="a", account_id="b", secret=secret, created_at=None)) == (  # type: ignore[arg-type]
        "SigningKey(id='a', account_id='b')"
    )


@pytest.mark.parametrize("text", ["", "abc", "ä" * 43, "A" * 44, "A" * 42, "A" * 42 + "!"])
def test_a_text_that_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(SigningKeyInvalid, match="32 bytes in base64url: 43 letters"):
        read_secret(text)


def test_key_ids_fit_into_a_signature() -> None:
    assert read_signature(f"{new_key_id()}.0.{DIGEST}") is not None


@pytest.mark.parametrize(
    "segment",
    [
        "",
        "k1",
        f"k1.0.{DIGEST}=",
        f"k1.00.{DIGEST}",
        f"k1.-1.{DIGEST}",
        f"k1.123456789012.{DIGEST}",
        f"k1.0.{DIGEST[:-1]}",
        f".0.{DIGEST}",
        f"k1.0.{DIGEST}\n",
        f"k1.٣.{DIGEST}",
    ],
)
def test_what_has_not_the_form_of_a_signature_is_none(segment: str) -> None:
    with pytest.raises(SignatureInvalid) as refused:
        RULES.check_signature("shop", segment, REST)

    assert str(refused.value) == (
        "the signature after the username is wrong: it is not KEY.EXPIRES.SIGNATURE with 22 "
        "characters at its end"
    )


@pytest.mark.parametrize(
    ("username", "segment", "rest"),
    [
        ("shop", f"k1.0.{DIGEST}", REST.replace("a.jpg", "b.jpg")),
        ("shop", f"k1.0.{DIGEST}", REST + "?"),
        ("Shop", f"k1.0.{DIGEST}", REST),
        ("shop", f"k1.1.{DIGEST}", REST),
        ("shop", f"k1.0.{DIGEST[::-1]}", REST),
    ],
)
def test_whatever_is_changed_the_signature_no_longer_fits(
    username: str, segment: str, rest: str
) -> None:
    with pytest.raises(SignatureInvalid, match="exactly as that is sent, query included"):
        RULES.check_signature(username, segment, rest)


def test_a_key_of_another_name_is_told() -> None:
    with pytest.raises(SignatureInvalid, match='the account has no active signing key "k2"'):
        RULES.check_signature("shop", f"k2.0.{DIGEST}", REST)


def test_a_url_lasts_until_the_second_it_names() -> None:
    digest = digest_of(SECRET, username="shop", expires=1_700_000_000, rest=REST)
    segment = f"k1.1700000000.{digest}"

    assert RULES.check_signature("shop", segment, REST, now=1_699_999_999.9) is not None
    with pytest.raises(SignatureExpired) as refused:
        RULES.check_signature("shop", segment, REST, now=1_700_000_000)
    assert str(refused.value) == "this signed URL was good until 2023-11-14 22:13:20 (UTC)"


def test_without_a_signature_only_open_accounts_answer() -> None:
    assert UrlRules().check_signature("shop", None, REST) is None
    with pytest.raises(SignatureMissing) as refused:
        RULES.check_signature("shop", None, REST)
    assert str(refused.value) == (
        'the account "shop" takes only signed URLs, /shop:KEY.EXPIRES.SIGNATURE/…; '
        "imgproxy-py sign makes them"
    )


def test_a_signature_counts_also_where_none_is_required() -> None:
    open_rules = UrlRules(signing_keys={"k1": SECRET})

    assert open_rules.check_signature("shop", f"k1.0.{DIGEST}", REST) is not None
    with pytest.raises(SignatureInvalid):
        open_rules.check_signature("shop", f"k1.0.{DIGEST}", REST + "x")


@pytest.mark.parametrize(
    ("allowed", "referrer", "is_welcome"),
    [
        ((), "https://evil.example/", True),
        ((), None, True),
        (("shop.com",), "https://shop.com/page?x=1", True),
        (("shop.com",), "https://SHOP.com:8443/", True),
        (("shop.com",), "https://www.shop.com/", False),
        (("shop.com",), "https://shop.com.evil.net/", False),
        (("shop.com",), "https://shop.com@evil.net/", False),
        (("*.shop.com",), "https://a.b.shop.com/", True),
        (("*.shop.com",), "https://shop.com/", False),
        (("*.shop.com",), "https://evilshop.com/", False),
        (("shop.com",), None, False),
        (("shop.com",), "", False),
        (("shop.com", "none"), None, True),
        (("shop.com", "none"), "https://evil.net/", False),
        (("none",), "https://none/", True),
        (("shop.com",), "https://[::1", False),
        (("shop.com",), "shop.com", False),
    ],
)
def test_pages_are_known_by_their_host(
    allowed: tuple[str, ...], referrer: str | None, is_welcome: bool
) -> None:
    rules = UrlRules(allowed_referrers=allowed)

    if is_welcome:
        rules.check_referrer(referrer)
    else:
        with pytest.raises(ReferrerNotAllowed, match="the account does not give pictures to "):
            rules.check_referrer(referrer)


def test_a_page_s_host_is_not_repeated_without_end() -> None:
    rules = UrlRules(allowed_referrers=("shop.com",))

    with pytest.raises(ReferrerNotAllowed) as refused:
        rules.check_referrer(f"https://{'a' * 60_000}.net/")

    assert str(refused.value) == f"the account does not give pictures to pages of {'a' * 253}"


@pytest.mark.parametrize("text", ["shop.com", "*.shop.com", "none", "localhost", "[::1]"])
def test_hosts_and_stars_before_them_are_patterns(text: str) -> None:
    assert is_referrer_pattern(text)


@pytest.mark.parametrize(
    "text", ["", "*", "*.", "https://shop.com", "shop.com/", "a b", "Shop.com"]
)
def test_what_would_never_match_is_no_pattern(text: str) -> None:
    assert not is_referrer_pattern(text)


def test_all_refusals_are_access_errors() -> None:
    for kind in (SignatureMissing, SignatureInvalid, SignatureExpired, ReferrerNotAllowed):
        assert issubclass(kind, AccessError)

"""Keys: readable, complete, and free of secrets."""

import base64
import re

import pytest

from imgproxy_py.store.key import (
    contents_path,
    own_key,
    result_id,
    result_key,
    result_record_path,
    source_key,
    source_record_path,
    without_user_info,
)

SHA256 = "ab" * 32
SECRET = b"s" * 32


def test_a_key_can_be_read_by_a_person() -> None:
    source = source_key("https://example.com/a.png?x=1")
    result = result_key(SHA256, "100x100,crop=auto", ["webp", "avif"], "7")

    assert source.text == "v1 source https://example.com/a.png?x=1"
    assert result.text == f"v1 result {SHA256} 100x100,crop=auto avif+webp engine-7"
    assert re.fullmatch("[0-9a-f]{64}", result.digest)


def test_everything_that_changes_a_result_changes_its_key() -> None:
    keys = [
        result_key(SHA256, "100", [], "1"),
        result_key("cd" * 32, "100", [], "1"),
        result_key(SHA256, "101", [], "1"),
        result_key(SHA256, "100", ["webp"], "1"),
        result_key(SHA256, "100", ["webp", "avif"], "1"),
        result_key(SHA256, "100", [], "2"),
        result_key(SHA256, "100", [], "1", origin="ef" * 32),
    ]

    assert len({key.text for key in keys}) == len({key.digest for key in keys}) == len(keys)


def test_each_account_has_keys_of_its_own() -> None:
    shared, other = result_key(SHA256, "100", [], "1"), result_key(SHA256, "101", [], "1")
    keys = [shared, own_key(shared, "ada"), own_key(shared, "bob"), own_key(other, "ada")]

    assert keys[1].text == f"v1 result {SHA256} 100 any engine-1 account-ada"
    assert len({key.text for key in keys}) == len({key.digest for key in keys}) == len(keys)


def test_the_order_of_accepted_formats_does_not_matter() -> None:
    assert result_key(SHA256, "1", ["avif", "webp"], "1") == result_key(
        SHA256, "1", frozenset({"webp", "avif"}), "1"
    )


def test_user_info_tells_sources_apart_and_is_never_shown() -> None:
    key = source_key("https://me:secret@example.com/a.png")

    assert key.text == "v1 source https://example.com/a.png"
    assert key.digest != source_key("https://example.com/a.png").digest
    assert key.digest != source_key("https://me:other@example.com/a.png").digest


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/a@b.png", "https://example.com/a@b.png"),
        ("https://me@example.com/", "https://example.com/"),
        ("https://me:p@ss@example.com:81/x?y=@", "https://example.com:81/x?y=@"),
        ("http://a:b@[2001:db8::1]/", "http://[2001:db8::1]/"),
        ("http://a:b@[no-address", "http://[no-address"),
        ("not a URL @", "not a URL @"),
    ],
)
def test_user_info_is_cut_out_of_a_url(url: str, shown: str) -> None:
    assert without_user_info(url) == shown


def test_a_result_id_is_a_capability_of_at_least_128_bits() -> None:
    text = result_key(SHA256, "100", [], "1").text
    made = result_id(SECRET, text)

    assert made == result_id(SECRET, text)
    assert made != result_id(b"t" * 32, text)
    assert made != result_id(SECRET, text + " ")
    assert len(base64.urlsafe_b64decode(made)) * 8 >= 128
    assert re.fullmatch("[A-Za-z0-9_-]{24}", made)


def test_paths_are_spread_over_folders_and_kinds_never_meet() -> None:
    key = source_key("https://example.com/")
    paths = [source_record_path(key), result_record_path("some-id"), contents_path(key.digest)]

    for path, prefix in zip(paths, ["records/sources", "records/results", "contents"], strict=True):
        assert re.fullmatch(rf"{prefix}/[0-9a-f]{{2}}/[0-9a-f]{{62}}", path)

"""`imgproxy-py srcset`: markup that a browser reads as it was meant."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from imgproxy_py.accounts.url_rules import UrlRules
from imgproxy_py.accounts.url_signature import read_secret
from options_grammar import cut, parse
from tests.cli.operating import asked, cwd

__all__ = ["cwd"]

SOURCE = "https://www.example.com/cat.jpg"
SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
BASE = "https://img.example.com"


class Elements(HTMLParser):
    """Every element with its attributes, as HTML is read."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def elements(*arguments: str) -> list[tuple[str, dict[str, str]]]:
    ended = asked("srcset", "--account", "shop", "--url", BASE + "/", *arguments)
    assert ended.code == 0, ended.err
    return Elements(ended.out).found


def candidates(srcset: str) -> dict[str, str]:
    """URLs by their descriptor (HTML, section 4.8.4.3.5)."""
    pairs = (candidate.rsplit(" ", 1) for candidate in srcset.split(", "))
    return {step: url for url, step in pairs}


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(cwd: Path) -> None:
    pass


def test_every_width_is_a_url_that_the_server_reads_so() -> None:
    ((tag, image),) = elements(SOURCE, "--widths", "640, 320", "--options", "quality=high")

    urls = candidates(image["srcset"])
    assert (tag, list(urls)) == ("img", ["320w", "640w"])
    for step, url in urls.items():
        read = cut(url.removeprefix(BASE).encode(), b"")
        assert (read.username, read.source) == ("shop", SOURCE)
        assert parse(read.options_text) == parse(f"{step[:-1]},quality=high")
    assert image["src"] == urls["640w"]
    assert (image["sizes"], image["alt"], image["loading"]) == ("100vw", "", "lazy")


def test_what_people_write_is_escaped_and_comes_back() -> None:
    ((_, image),) = elements(
        "https://e.com/a?b=1&c=2", "--alt", 'a "cat" <b>', "--sizes", "(max-width: 9px) 5px, 1vw"
    )

    assert image["alt"] == 'a "cat" <b>'
    assert image["sizes"] == "(max-width: 9px) 5px, 1vw"
    assert image["src"].endswith("/https%3A%2F%2Fe.com%2Fa%3Fb%3D1%26c%3D2")


def test_nothing_is_asked_for_beyond_the_sources_own_width() -> None:
    ((_, image),) = elements(SOURCE, "--source-size", "1000x500")

    assert list(candidates(image["srcset"])) == ["320w", "640w", "960w", "1000w"]
    assert (image["width"], image["height"]) == ("1000", "500")


def test_one_size_comes_in_three_densities() -> None:
    ((_, image),) = elements(SOURCE, "--fixed", "300x200", "--options", "crop=auto")

    urls = candidates(image["srcset"])
    options = [url.split("/")[4] for url in urls.values()]
    assert list(urls) == ["1x", "2x", "3x"]
    assert options == ["300x200,crop=auto", "300x200,2x,crop=auto", "300x200,3x,crop=auto"]
    assert image["src"] == urls["1x"]
    assert "sizes" not in image


@pytest.mark.parametrize(("source", "last"), [(SOURCE, "jpeg"), ("https://e.com/a.PNG?x", "png")])
def test_a_picture_names_formats_from_the_best_to_one_that_opens_everywhere(
    source: str, last: str
) -> None:
    found = elements(source, "--formats", "avif,webp", "--widths", "320")

    assert [tag for tag, _ in found] == ["picture", "source", "source", "img"]
    assert [found[1][1]["type"], found[2][1]["type"]] == ["image/avif", "image/webp"]
    for (_, element), name in zip(found[1:], ("avif", "webp", last), strict=True):
        assert f"/320,format={name}/" in candidates(element["srcset"])["320w"]


def test_the_first_picture_of_a_page_is_loaded_at_once() -> None:
    ((_, image),) = elements(SOURCE, "--eager")

    assert (image["fetchpriority"], "loading" in image) == ("high", False)


def test_signed_markup_is_signed_url_by_url() -> None:
    ((_, image),) = elements(SOURCE, "--sign", "--key", f"k1:{SECRET}", "--widths", "320,640")

    rules = UrlRules(requires_signature=True, signing_keys={"k1": read_secret(SECRET)})
    for url in candidates(image["srcset"]).values():
        read = cut(url.removeprefix(BASE).encode(), b"")
        assert rules.check_signature(read.username, read.signature_segment, read.rest)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cat.jpg",), "a source begins with http:// or https://"),
        ((SOURCE, "--widths", "a"), "widths are whole pixels by commas"),
        ((SOURCE, "--widths", ""), "widths are whole pixels by commas"),
        ((SOURCE, "--widths", "99999"), "10000"),
        ((SOURCE, "--fixed", "300"), '"300" is no size such as 1600x900'),
        ((SOURCE, "--formats", "gif"), "formats are avif, webp, jpeg, png, by commas"),
        ((SOURCE, "--options", "qualty=low"), 'read "qualty=low" as "quality=low"'),
        ((SOURCE, "--options", "wat=9"), 'unknown option "wat=9"'),
        ((SOURCE, "--options", "300"), "leave sizes to --widths or --fixed"),
        ((SOURCE, "--options", "2x"), "leave sizes to --widths or --fixed"),
        ((SOURCE, "--url", "img.example.com"), "is no address such as https://img.example.com"),
        ((SOURCE, "--key", "k1:x"), "it is ID:SECRET; a signing key is 32 bytes"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_printed(
    arguments: tuple[str, ...], said: str
) -> None:
    ended = asked("srcset", "--account", "shop", *arguments)

    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err

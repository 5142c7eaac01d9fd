"""Source URLs from real life: what the origin receives is byte for byte what was meant."""

import json
from urllib.parse import quote

import pytest

from tests.web.origin import Origin, Page
from tests.web.pictures import jpeg, opened
from tests.web.server import USERNAME, RunningServer


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ("quality=low", "/api?url=https://x.y/z&width=640&height=360"),
        ("100", "//double//slashes.jpg"),
        ("100", "/a,b[c]|d.jpg"),
        ("100", "/http://nested.example/http:/x.jpg"),
        ("100", "/a%2Fb%20c%c3%a9.jpg?x=%2F&y"),
        ("3x,130,quality=high", "/p.jpg;v=1"),
        ("64x32,stretch", "/p.jpg?"),
    ],
)
def test_a_raw_source_reaches_the_origin_byte_for_byte(
    server: RunningServer, origin: Origin, options: str, path: str
) -> None:
    origin.anything = Page(body=jpeg())

    answer = server.get(f"/{USERNAME}/{options}/{origin.url}{path}")

    assert answer.status == 200
    assert origin.targets == [path.rstrip("?")]


@pytest.mark.parametrize("path", ["/a%2Fb.jpg", "/a b.jpg", "/x?u=http://y/%20&v=1"])
def test_both_spellings_of_a_source_mean_the_same(
    server: RunningServer, origin: Origin, path: str
) -> None:
    origin.anything = Page(body=jpeg())
    raw = path.replace(" ", "%20")

    server.get(f"/{USERNAME}/100/{origin.url}{raw}")
    encoded = server.get(f"/{USERNAME}/101/{quote(origin.url + raw, safe='')}")

    assert encoded.status == 200
    assert origin.targets[0] == origin.targets[-1] == raw


def test_a_merged_slash_after_the_scheme_is_repaired(server: RunningServer, origin: Origin) -> None:
    origin.anything = Page(body=jpeg())

    answer = server.get(f"/{USERNAME}/100/http:/127.0.0.1:{origin.port}/p.jpg")

    assert (answer.status, origin.targets) == (200, ["/p.jpg"])


def test_meta_gives_integer_dimensions(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/p.jpg", jpeg())

    told = json.loads(server.get(f"/{USERNAME}/meta,timeout=3/{url}").body)

    assert (told["width"], told["height"], told["format"]) == (640, 480, "jpeg")


def test_an_own_url_nested_in_another_is_answered_from_inside(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/p.jpg", jpeg())
    inner = f"{server.url}/{USERNAME}/300x200,crop=top/{url}"

    answer = server.get(f"/{USERNAME}/100x100,crop=0.5x0.2,quality=low/{inner}")

    picture = opened(answer.body)
    assert (answer.status, picture.width, picture.height) == (200, 100, 100)


def test_the_sample_picture_is_a_source_without_a_network(server: RunningServer) -> None:
    answer = server.get(f"/{USERNAME}/200/{server.url}/static/sample.jpg")

    assert (answer.status, opened(answer.body).width) == (200, 200)

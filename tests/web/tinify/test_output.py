"""`/output/{id}` with commands: what becomes of the source that was sent."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.engine.exif_pictures import ARTIST, COPYRIGHT, COPYRIGHT_TAGS, MAKE, camera_exif
from tests.web.asking import color_at, is_near, warnings
from tests.web.option_pictures import busy_right
from tests.web.pictures import jpeg, opened, quadrant_png
from tests.web.server import USERNAME, Answer, RunningServer
from tests.web.tinify.calling import count, output, shrink, shrunk


def size(answer: Answer) -> tuple[int, int]:
    """Of the picture; the headers must tell the same."""
    assert answer.status == 200, answer.body
    image = opened(answer.body)
    told = (int(answer.headers["Image-Width"]), int(answer.headers["Image-Height"]))
    assert told == (image.width, image.get_page_height())
    return told


def unevenness(data: bytes) -> float:
    """The standard deviation of its samples: where much is to be seen, it is large."""
    return float(opened(data).deviate())


@pytest.mark.parametrize(
    ("resize", "expected"),
    [
        pytest.param({"method": "scale", "width": 90}, (90, 60), id="scale by width"),
        pytest.param({"method": "scale", "height": 40}, (60, 40), id="scale by height"),
        pytest.param(
            {"method": "scale", "width": 90, "height": None}, (90, 60), id="scale with null"
        ),
        pytest.param({"method": "scale", "width": 900}, (300, 200), id="scale never enlarges"),
        pytest.param({"method": "fit", "width": 90, "height": 90}, (90, 60), id="fit"),
        pytest.param({"method": "fit", "width": 900, "height": 40}, (60, 40), id="fit one side"),
        pytest.param({"method": "fit", "width": 900, "height": 900}, (300, 200), id="fit, small"),
        pytest.param({"method": "cover", "width": 50, "height": 50}, (50, 50), id="cover"),
        pytest.param({"method": "cover", "width": 400, "height": 400}, (200, 200), id="cover, big"),
        pytest.param({"method": "cover", "width": 600, "height": 100}, (300, 50), id="cover, wide"),
        pytest.param({"method": "thumb", "width": 40, "height": 80}, (40, 80), id="thumb"),
        pytest.param({"method": "THUMB", "width": 40.0, "height": 8.0}, (40, 8), id="as floats"),
    ],
)
def test_each_method_of_resizing_gives_its_size(
    server: RunningServer, resize: dict[str, Any], expected: tuple[int, int]
) -> None:
    location = shrunk(server, jpeg(300, 200))

    answer = output(server, location, resize=resize)

    assert size(answer) == expected
    assert answer.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("method", ["cover", "thumb"])
def test_what_is_cut_away_is_what_matters_least(server: RunningServer, method: str) -> None:
    location = shrunk(server, busy_right())

    answer = output(server, location, resize={"method": method, "width": 200, "height": 200})
    centered = server.ask("POST", f"/{USERNAME}/200x200,crop,format=png", body=busy_right())

    assert unevenness(answer.body) > 1.5 * unevenness(centered.body)


def test_fit_keeps_the_whole(server: RunningServer) -> None:
    location = shrunk(server, quadrant_png(300, 100))

    fit = opened(output(server, location, resize={"method": "fit", "width": 60, "height": 60}).body)

    assert (fit.width, fit.height) == (60, 20)
    assert is_near(color_at(fit, 0.1, 0.1), (220, 30, 30))
    assert is_near(color_at(fit, 0.9, 0.9), (40, 70, 210))


def test_commands_in_the_body_of_get_are_those_of_old_clients(server: RunningServer) -> None:
    location = shrunk(server, jpeg(320, 200))

    answer = output(server, location, method="GET", resize={"method": "scale", "width": 32})

    assert size(answer) == (32, 20)


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        pytest.param("image/webp", {"image/webp"}, id="one type"),
        pytest.param(["image/png"], {"image/png"}, id="a list of one"),
        pytest.param(["image/webp", "image/avif"], {"image/webp", "image/avif"}, id="two"),
        pytest.param("*/*", {"image/webp", "image/avif", "image/jpeg"}, id="any type"),
        pytest.param(
            ["image/gif", "*/*"], {"image/webp", "image/avif", "image/jpeg"}, id="any too"
        ),
    ],
)
def test_a_picture_is_converted_to_one_of_the_types_named(
    server: RunningServer, wanted: str | list[str], made: set[str]
) -> None:
    location = shrunk(server, jpeg(321, 200))

    answer = output(server, location, convert={"type": wanted})

    assert answer.headers["Content-Type"] in made
    assert size(answer) == (321, 200)
    sent = opened(jpeg(321, 200)).colourspace("srgb")
    assert (opened(answer.body).colourspace("srgb") - sent).abs().avg() < 6


def test_of_several_types_the_smallest_is_given(server: RunningServer) -> None:
    location = shrunk(server, jpeg(322, 200))
    types = ["image/webp", "image/avif", "image/png", "image/jpeg"]

    single = {each: len(output(server, location, convert={"type": each}).body) for each in types}
    several = output(server, location, convert={"type": types})

    assert len(several.body) == min(single.values())
    assert single[several.headers["Content-Type"]] == len(several.body)


def test_a_type_that_cannot_be_made_is_passed_over_with_a_warning(server: RunningServer) -> None:
    location = shrunk(server, jpeg(323, 200))

    answer = output(server, location, convert={"type": ["image/jxl", "image/webp"]})

    assert answer.headers["Content-Type"] == "image/webp"
    assert warnings(answer) == ["image/jxl cannot be made here"]


def test_only_what_is_to_be_preserved_is(server: RunningServer) -> None:
    location = shrunk(server, camera_jpeg())

    plain = output(server, location, method="GET")
    preserved = output(server, location, preserve=["copyright"])
    some = output(server, location, preserve="location")

    assert not exif_of(plain)
    assert {tag: exif_of(preserved).get(tag) for tag in COPYRIGHT_TAGS} == COPYRIGHT_TAGS
    assert MAKE not in exif_of(preserved)
    assert not exif_of(some).keys() & {ARTIST, COPYRIGHT}
    assert exif_of(some)


def camera_jpeg() -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(jpeg(324, 200))) as image:
        image.save(file, "jpeg", quality=92, exif=camera_exif().tobytes())
    return file.getvalue()


def exif_of(answer: Answer) -> dict[int, Any]:
    assert answer.status == 200, answer.body
    with Image.open(io.BytesIO(answer.body)) as image:
        return dict(image.getexif())


def test_each_new_wish_counts_one_image_and_its_repetition_nothing(server: RunningServer) -> None:
    first = shrink(server, jpeg(325, 200))
    location, before = first.headers["Location"], count(first)
    wishes: list[dict[str, Any]] = [
        {"resize": {"method": "scale", "width": 50}},
        {"convert": {"type": ["image/webp", "image/png"]}},
        {"resize": {"method": "scale", "width": 50}},
        {"resize": {"method": "fit", "width": 325, "height": 200}},
        {"convert": {"type": "image/jpeg"}},
        {"resize": {}, "preserve": []},
    ]

    counts = [count(output(server, location, **wish)) - before for wish in wishes]

    assert counts == [1, 2, 2, 2, 2, 2]

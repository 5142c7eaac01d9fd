"""Every option through the running server: what becomes of the pixels of a marked picture."""

from typing import Any
from urllib.parse import unquote

import pytest

from tests.web.asking import color_at, is_near, picture, size, told, upload, warnings
from tests.web.option_pictures import (
    BLUE,
    BORDER,
    GREEN,
    ORANGE,
    RED,
    TEAL,
    WHITE,
    YELLOW,
    bordered,
    busy_right,
    clear_ground,
    dotted,
    nearly_bordered,
    quarters,
    reddest,
)
from tests.web.server import RunningServer

# Places of a result, in fractions, and the colors they have to show.
Shown = dict[tuple[float, float], tuple[int, int, int]]
ALL: Shown = {(0.1, 0.1): RED, (0.9, 0.1): GREEN, (0.1, 0.9): YELLOW, (0.9, 0.9): BLUE}
UPPER: Shown = {(0.1, 0.5): RED, (0.9, 0.5): GREEN}
LOWER: Shown = {(0.1, 0.5): YELLOW, (0.9, 0.5): BLUE}
LEFT: Shown = {(0.5, 0.1): RED, (0.5, 0.9): YELLOW}
RIGHT: Shown = {(0.5, 0.1): GREEN, (0.5, 0.9): BLUE}
MIDDLE: Shown = {(0.4, 0.4): RED, (0.6, 0.4): GREEN, (0.4, 0.6): YELLOW, (0.6, 0.6): BLUE}


@pytest.mark.parametrize(
    ("options", "width_height", "shown"),
    [
        ("full", (400, 200), ALL),
        ("full,2x", (400, 200), ALL),
        ("quality=low", (400, 200), ALL),
        # A width, or a box: fit inside, never enlarge.
        ("100", (100, 50), ALL),
        ("1", (1, 1), {}),
        ("x100", (200, 100), ALL),
        ("100x100", (100, 50), ALL),
        ("100x20", (40, 20), ALL),
        ("100x100,scale-down", (100, 50), ALL),
        ("10000x10000", (400, 200), ALL),
        ("800", (400, 200), ALL),
        # Device pixels.
        ("100,1x", (100, 50), ALL),
        ("100,2x", (200, 100), ALL),
        ("100x100,3x", (300, 150), ALL),
        ("100,1.5x", (150, 75), ALL),
        ("33,1.25x", (41, 21), ALL),
        ("100,0.5x", (50, 25), ALL),
        ("300,4x", (400, 200), ALL),
        # Enlarging is what fit is for.
        ("100x100,fit", (100, 50), ALL),
        ("800x800,fit", (800, 400), ALL),
        ("800,fit", (800, 400), ALL),
        ("300,fit,2x", (600, 300), ALL),
        # Exactly the box.
        ("100x100,crop", (100, 100), ALL),
        ("100x100,crop,2x", (200, 200), ALL),
        ("500x500,crop", (500, 500), ALL),
        ("100x100,crop=left", (100, 100), LEFT),
        ("100x100,crop=right", (100, 100), RIGHT),
        ("100x100,crop=top", (100, 100), ALL),
        ("200x40,crop=top", (200, 40), UPPER),
        ("200x40,crop=bottom", (200, 40), LOWER),
        ("200x40,crop=left", (200, 40), ALL),
        ("200x40,crop", (200, 40), ALL),
        ("100x100,crop=0x0.5", (100, 100), LEFT),
        ("100x100,crop=1x0.5", (100, 100), RIGHT),
        ("100x100,crop=0.9x0.1", (100, 100), RIGHT),
        ("200x40,crop=0.5x0", (200, 40), UPPER),
        ("200x40,crop=0.5x1", (200, 40), LOWER),
        ("100x100,crop=0.5x0.5", (100, 100), ALL),
        ("100x100,crop=auto", (100, 100), {}),
        ("100x100,stretch", (100, 100), ALL),
        ("640x50,stretch", (640, 50), ALL),
        ("50x300,stretch,2x", (100, 600), ALL),
        # The canvas grows, the picture does not.
        ("100x100,pad", (100, 100), {(0.5, 0.1): WHITE, (0.5, 0.9): WHITE, **MIDDLE}),
        ("300x100,pad", (300, 100), {(0.05, 0.5): WHITE, (0.95, 0.5): WHITE, **MIDDLE}),
        ("100x100,pad,bgcolor=F80", (100, 100), {(0.5, 0.1): ORANGE, **MIDDLE}),
        ("100x100,pad,bgcolor=09093C", (100, 100), {(0.5, 0.9): BORDER, **MIDDLE}),
        ("100x100,pad,2x", (200, 200), {(0.5, 0.1): WHITE, **MIDDLE}),
        ("800x800,pad", (800, 800), {(0.2, 0.5): WHITE, (0.5, 0.35): WHITE, **MIDDLE}),
        ("200x100,pad", (200, 100), ALL),
    ],
)
def test_a_size_and_a_mode_give_exactly_this_part_of_the_picture(
    server: RunningServer, options: str, width_height: tuple[int, int], shown: Shown
) -> None:
    answer = upload(server, options, quarters())

    image = picture(answer)
    assert size(image) == width_height
    for (x, y), color in shown.items():
        assert is_near(color_at(image, x, y), color), (x, y, color_at(image, x, y))
    assert warnings(answer) == []


@pytest.mark.parametrize(
    ("options", "source", "width_height", "shown"),
    [
        ("trim=border", bordered, (400, 200), ALL),
        ("100,trim=border", bordered, (100, 50), ALL),
        ("100x100,crop=left,trim=border", bordered, (100, 100), LEFT),
        ("200x200,pad,trim=border", bordered, (200, 200), {(0.5, 0.1): WHITE, **MIDDLE}),
        ("trim=border,quality=lossless", bordered, (400, 200), ALL),
        ("full", bordered, (460, 260), {(0.01, 0.5): BORDER, (0.99, 0.5): BORDER}),
        # One pixel differs by one: of that side nothing is border.
        ("trim=border", nearly_bordered, (440, 200), {(0.1, 0.1): RED, (0.99, 0.9): BORDER}),
        ("trim=border", quarters, (400, 200), ALL),
        ("format=jpeg", clear_ground, (300, 200), {(0.01, 0.01): WHITE, (0.1, 0.3): TEAL}),
        ("format=jpeg,bgcolor=F80", clear_ground, (300, 200), {(0.01, 0.01): ORANGE}),
        ("150,format=jpeg,bgcolor=ff8800", clear_ground, (150, 100), {(0.01, 0.01): ORANGE}),
        (
            "300x300,pad,bgcolor=F80",
            clear_ground,
            (300, 300),
            {(0.01, 0.01): ORANGE, (0.01, 0.5): ORANGE, (0.1, 0.4): TEAL},
        ),
    ],
)
def test_trim_and_background_change_this_and_no_more(
    server: RunningServer, options: str, source: Any, width_height: tuple[int, int], shown: Shown
) -> None:
    answer = upload(server, options, source())

    image = picture(answer)
    assert size(image) == width_height
    for (x, y), color in shown.items():
        assert is_near(color_at(image, x, y), color), (x, y, color_at(image, x, y))
    assert warnings(answer) == []


def test_alpha_stays_where_the_format_has_it(server: RunningServer) -> None:
    for options in ("full", "150", "format=webp", "format=avif", "format=gif", "100x100,crop"):
        image = picture(upload(server, options, clear_ground()))

        assert image.hasalpha(), options
        assert color_at(image, 0.0, 0.0)[-1] < 20, options


def test_an_automatic_crop_keeps_what_there_is_to_see(server: RunningServer) -> None:
    centered = picture(upload(server, "200x200,crop", busy_right()))
    automatic = picture(upload(server, "200x200,crop=auto", busy_right()))

    assert size(automatic) == size(centered) == (200, 200)
    assert reddest(centered) < 20
    assert reddest(automatic) > 60


@pytest.mark.parametrize(
    "x_y", [(0.02, 0.03), (0.98, 0.5), (0.5, 0.97), (0.3, 0.2), (0.66, 0.8), (0.98, 0.98)]
)
@pytest.mark.parametrize("box", ["60x200", "300x60", "100x100", "100x100,2x"])
def test_a_focal_point_stays_inside(
    server: RunningServer, x_y: tuple[float, float], box: str
) -> None:
    x, y = x_y

    image = picture(upload(server, f"{box},crop={x}x{y},format=png", dotted(x, y)))

    assert reddest(image) > 100


def test_meta_describes_the_source_whatever_else_is_asked(server: RunningServer) -> None:
    for options in ("meta", "meta,100x100,crop", "quality=low,meta,timeout=3"):
        answer = upload(server, options, quarters())

        facts = told(answer)
        assert answer.headers["Content-Type"] == "application/json"
        assert (facts["width"], facts["height"], facts["format"]) == (400, 200, "png")
        assert (facts["frames"], facts["alpha"], facts["bytes"]) == (1, False, len(quarters()))


@pytest.mark.parametrize(
    ("options", "place", "message"),
    [
        ("100x100,wat=9,quality=low", "wat=9", 'unknown option "wat=9"'),
        ("100,crop", "crop", '"crop" needs both a width and a height, as in "100x100,crop"'),
        ("2x,pad,x50", "pad", '"pad" needs both a width and a height, as in "100x100,pad"'),
        ("stretch,9", "stretch", '"stretch" needs both a width and a height, as in "100x100,stret'),
        (
            "crop=top,100",
            "crop=top",
            '"crop" needs both a width and a height, as in "100x100,crop"',
        ),
        ("100,format=bmp", "bmp", "format is auto, jpeg, png, webp, avif, gif, webm, h264 or jpg,"),
        ("quality=best", "best", "quality is low, medium, high, lossless, or the target score"),
        ("quality=0", "0", "quality is low, medium, high, lossless, or the target score, which is"),
        ("10001", "10001", 'a width is a whole number from 1 to 10000, not "10001"'),
        ("100x99999", "100x99999", 'a height is a whole number from 1 to 10000, not "99999"'),
        ("9x9,5x", "5x", 'a device pixel ratio is a number from 0.01 to 4, not "5"'),
        ("timeout=0,full", "0", 'timeout is a number from 0.001 to 3600, not "0"'),
        ("full,bgcolor=red", "red", 'a color is 3 or 6 hexadecimal digits, not "red"'),
        ("9x9,crop=1.5x0.2", "1.5x0.2", 'a focal point\'s part is a number from 0 to 1, not "1.5"'),
        ("trim=left", "left", 'trim is border, not "left"'),
        ("9x9,meta=yes", "meta=yes", '"meta" takes no value'),
        ("full,qual=low", "qual=low", 'unknown option "qual=low"'),
        ("100%2Cwat%3D9", "wat=9", 'unknown option "wat=9"'),
    ],
)
def test_what_cannot_be_understood_is_marked_exactly(
    server: RunningServer, options: str, place: str, message: str
) -> None:
    answer = upload(server, options, quarters())

    first, shown, marker = answer.body.decode().rstrip("\n").split("\n")
    assert answer.status == 400
    assert first.startswith(message)
    read = unquote(options)
    assert shown == f"    {read}"
    column = 4 + read.index(place)
    assert marker == " " * column + "^" * len(place)


def test_no_options_at_all_is_refused(server: RunningServer) -> None:
    answer = server.ask("POST", "/user/", {"Content-Length": "0"})

    assert answer.status == 400
    assert b"option" in answer.body

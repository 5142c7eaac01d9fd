"""Which options of ours a tinify client's commands are: arithmetic, without a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine.geometry import Size, geometry
from imgproxy_py.service.tinify_commands import Commands, Method, Resize, options_for
from imgproxy_py.web.tinify.commands import read_commands
from options_grammar import Color, Format, Keep, canonical

SOURCE = Size(width=600, height=400)


def options_text(**commands: object) -> str:
    read = read_commands(commands)
    assert read is not None
    return canonical(options_for(read, SOURCE, Format.JPEG))


@pytest.mark.parametrize(
    ("resize", "text"),
    [
        ({"method": "scale", "width": 150}, "150,format=jpeg"),
        ({"method": "scale", "height": 150}, "x150,format=jpeg"),
        ({"method": "fit", "width": 150, "height": 999}, "150x400,format=jpeg"),
        ({"method": "cover", "width": 150, "height": 100}, "150x100,crop=auto,format=jpeg"),
        ({"method": "thumb", "width": 150, "height": 100}, "150x100,crop=auto,format=jpeg"),
        ({"method": "cover", "width": 800, "height": 800}, "400x400,crop=auto,format=jpeg"),
        ({"method": "cover", "width": 1200, "height": 800}, "full,format=jpeg"),
        ({"method": "scale", "width": 600}, "full,format=jpeg"),
        ({"method": "fit", "width": 600, "height": 400}, "full,format=jpeg"),
    ],
)
def test_a_size_is_written_as_in_a_url(resize: dict[str, object], text: str) -> None:
    assert options_text(resize=resize).removeprefix("full,") == text.removeprefix("full,")


def test_what_is_preserved_and_the_background_are_options_too() -> None:
    text = options_text(preserve=["location", "copyright"], transform={"background": "#fa0"})

    assert text.endswith("bgcolor=FA0,format=jpeg,keep=copyright+location")


def test_all_commands_are_read_together() -> None:
    read = read_commands(
        {
            "resize": {"method": "fit", "width": 5, "height": 6},
            "preserve": ["creation"],
            "convert": {"type": ["image/webp", "image/jpg", "image/jpeg", "image/jxl"]},
            "transform": {"background": "black"},
        }
    )

    assert read == Commands(
        resize=Resize(method=Method.FIT, width=5, height=6),
        keep=frozenset({Keep.CREATION}),
        formats=(Format.WEBP, Format.JPEG),
        background=Color(red=0, green=0, blue=0),
        warnings=("image/jxl cannot be made here",),
    )


def test_nothing_asked_for_is_no_command() -> None:
    assert read_commands({}) is None
    assert read_commands({"resize": [], "preserve": None, "convert": {}, "transform": ""}) is None


SIDES = st.integers(1, 10_000)


@given(
    width=SIDES,
    height=SIDES,
    source=st.builds(lambda w, h: Size(width=w, height=h), SIDES, SIDES),
    method=st.sampled_from([Method.FIT, Method.COVER, Method.THUMB]),
)
def test_nothing_is_ever_enlarged_or_larger_than_asked_for(
    width: int, height: int, source: Size, method: Method
) -> None:
    commands = Commands(resize=Resize(method=method, width=width, height=height))

    planned = geometry(source, options_for(commands, source, Format.PNG))

    assert planned.resized.width <= source.width
    assert planned.resized.height <= source.height
    assert planned.result.width <= width
    assert planned.result.height <= height


@given(width=SIDES, height=SIDES, source_width=SIDES, source_height=SIDES)
def test_cover_gives_exactly_the_size_where_the_source_fills_it(
    width: int, height: int, source_width: int, source_height: int
) -> None:
    source = Size(width=max(width, source_width), height=max(height, source_height))
    commands = Commands(resize=Resize(method=Method.COVER, width=width, height=height))

    planned = geometry(source, options_for(commands, source, Format.PNG))

    assert planned.result == Size(width=width, height=height)

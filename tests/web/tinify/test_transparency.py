"""Transparency of a tinify client's picture: kept, or filled with the color that was asked for."""

from typing import Any

import pytest
import pyvips

from tests.pictures import graphic, landscape
from tests.web.asking import color_at, is_near
from tests.web.pictures import opened
from tests.web.server import RunningServer
from tests.web.tinify.calling import output, shrunk


def test_transparency_is_never_lost_to_a_choice_of_types(server: RunningServer) -> None:
    location = shrunk(server, landscape_with_a_hole())

    answer = output(server, location, convert={"type": ["image/jpeg", "image/png"]})

    assert answer.headers["Content-Type"] == "image/png"
    assert opened(answer.body).hasalpha()


def landscape_with_a_hole() -> bytes:
    """As JPEG it would weigh a quarter."""
    image = landscape(120, 90)
    mask = (pyvips.Image.black(120, 90) + 255).draw_rect([0], 30, 30, 40, 40, fill=True)
    data: bytes = image.bandjoin(mask.cast("uchar")).pngsave_buffer()
    return data


@pytest.mark.parametrize(
    ("commands", "media_type", "ground"),
    [
        pytest.param(
            {"convert": {"type": "image/jpeg"}}, "image/jpeg", (255, 255, 255), id="JPEG: white"
        ),
        pytest.param(
            {"convert": {"type": "image/jpeg"}, "transform": {"background": "#0055AA"}},
            "image/jpeg",
            (0, 85, 170),
            id="JPEG on a color",
        ),
        pytest.param(
            {"transform": {"background": "black"}}, "image/png", (0, 0, 0), id="PNG on black"
        ),
        pytest.param(
            {
                "convert": {"type": ["image/webp"]},
                "transform": {"background": "fa0"},
                "resize": {"method": "cover", "width": 60, "height": 60},
            },
            "image/webp",
            (255, 170, 0),
            id="WebP, cut, on a color",
        ),
        pytest.param(
            {"convert": {"type": "*/*"}, "transform": {"background": "white"}},
            None,
            (255, 255, 255),
            id="whatever is smallest on white",
        ),
    ],
)
def test_a_background_fills_what_was_transparent(
    server: RunningServer,
    commands: dict[str, Any],
    media_type: str | None,
    ground: tuple[int, int, int],
) -> None:
    location = shrunk(server, graphic(150, 100).pngsave_buffer())

    answer = output(server, location, **commands)

    image = opened(answer.body)
    assert media_type in (None, answer.headers["Content-Type"])
    assert not image.hasalpha()
    assert is_near(color_at(image, 0.005, 0.005), ground) or "resize" in commands
    if "resize" in commands:
        assert is_near(color_at(image, 0.5, 0.01), ground)


def test_a_moving_picture_moves_on_when_its_background_is_filled(server: RunningServer) -> None:
    location = shrunk(server, transparent_animation())

    answer = output(
        server, location, convert={"type": "image/webp"}, transform={"background": "#00ff00"}
    )

    image = pyvips.Image.new_from_buffer(answer.body, "", n=-1)
    assert image.get("n-pages") == 3
    assert is_near(color_at(image, 0.01, 0.005), (0, 255, 0))


def transparent_animation() -> bytes:
    pages = [graphic(60, 40).linear([1, 1, 1, 1], [-20 * index] * 3 + [0]) for index in range(3)]
    tall = pyvips.Image.arrayjoin([page.cast("uchar") for page in pages], across=1).copy()
    tall.set_type(pyvips.GValue.gint_type, "page-height", 40)
    tall.set_type(pyvips.GValue.array_int_type, "delay", [80] * 3)
    data: bytes = tall.gifsave_buffer()
    return data

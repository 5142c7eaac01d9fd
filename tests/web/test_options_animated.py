"""Animated sources under every option: frames, delays and loop stay; videos show the same."""

import pytest
import pyvips

from tests.web.animations import Animation, film
from tests.web.asking import animation, color_at, is_near, picture, upload, warnings
from tests.web.option_pictures import CORNERS, RED
from tests.web.pictures import animated_gif
from tests.web.server import RunningServer


@pytest.mark.parametrize(
    ("options", "accept", "media_type"),
    [
        ("full", "*/*", "image/gif"),
        ("30", "*/*", "image/gif"),
        ("30x30,crop,format=gif", "*/*", "image/gif"),
        ("30x30,pad,format=webp", "*/*", "image/webp"),
        ("30,quality=low", "image/webp", "image/webp"),
        ("30x30,crop=auto,2x,format=webp", "*/*", "image/webp"),
        ("120,fit,format=gif", "*/*", "image/gif"),
    ],
)
def test_frames_delays_and_loop_stay(
    server: RunningServer, options: str, accept: str, media_type: str
) -> None:
    source = Animation.read(animated_gif())

    answer = upload(server, options, animated_gif(), accept=accept)

    assert answer.headers["Content-Type"] == media_type
    assert Animation.read(answer.body) == source
    assert warnings(answer) == []


def test_each_frame_is_the_sources_frame(server: RunningServer) -> None:
    image = animation(upload(server, "format=webp,quality=high", animated_gif()))
    source = pyvips.Image.new_from_buffer(animated_gif(), "", n=-1)

    assert (image[0:3] - source[0:3]).abs().avg() < 6


@pytest.mark.parametrize("named", ["png", "jpeg", "avif"])
def test_a_still_format_gives_the_first_frame_and_says_so(
    server: RunningServer, named: str
) -> None:
    answer = upload(server, f"format={named}", animated_gif())

    image = picture(answer)
    assert (image.width, image.height) == (60, 40)
    for (x, y), color in CORNERS.items():
        assert is_near(color_at(image, x, y), color)
    assert len(warnings(answer)) == 1
    assert "has 5 frames" in warnings(answer)[0]


@pytest.mark.parametrize(
    ("options", "media_type", "codec", "width_height"),
    [
        ("format=webm", "video/webm", "vp9", (60, 40)),
        ("format=h264", "video/mp4", "h264", (60, 40)),
        ("30,format=webm,quality=low", "video/webm", "vp9", (30, 20)),
        ("30x30,crop,2x,format=h264", "video/mp4", "h264", (60, 60)),
    ],
)
def test_a_video_has_the_same_frames_at_the_same_times(
    server: RunningServer,
    options: str,
    media_type: str,
    codec: str,
    width_height: tuple[int, int],
) -> None:
    answer = upload(server, options, animated_gif())

    assert (answer.status, answer.headers["Content-Type"]) == (200, media_type)
    shown = film(answer.body)
    assert (shown.codec, shown.width_height) == (codec, width_height)
    assert shown.times_ms == (0, 80, 160, 240, 320)
    assert all(is_near(color, RED, tolerance=60) for color in shown.first_colors[:2])

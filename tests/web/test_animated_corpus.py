"""Real animations through the running server."""

from pathlib import Path

import pytest
import pyvips

from tests.web.animations import Animation
from tests.web.asking import animation, told, upload, warnings
from tests.web.likeness import corpus_data, difference, on_gray
from tests.web.server import RunningServer

pytestmark = pytest.mark.corpus


@pytest.mark.parametrize("named", ["gif", "webp"])
@pytest.mark.parametrize(
    "name",
    [
        *("rotating_squares.gif", "formula_loop3.webp", "rotating_earth.gif"),
        *("beach_ball_apng.png", "screencast.gif"),
    ],
)
def test_frames_delays_and_loop_come_through(
    server: RunningServer, corpus: Path, name: str, named: str
) -> None:
    data = corpus_data(corpus, f"animated/{name}")
    facts = told(upload(server, "meta", data))

    answer = upload(server, f"80x80,format={named}", data)

    result = Animation.read(answer.body)
    assert warnings(answer) == []
    # GIF counts time in steps of 10 ms, and WebP 65535 repetitions where GIF has one more.
    assert abs(result.duration_ms - facts["duration_ms"]) <= 10
    assert result.loop == min(facts["loop"], 65_535)
    assert result.frames <= facts["frames"]
    if result.frames == facts["frames"] and not name.endswith("apng.png"):
        assert result.delays_ms == Animation.read(data).delays_ms


def test_every_frame_shows_what_it_showed(server: RunningServer, corpus: Path) -> None:
    data = corpus_data(corpus, "animated/rotating_earth.gif")
    source = pyvips.Image.thumbnail_buffer(data, 100, option_string="n=-1").copy_memory()

    for named in ("gif", "webp"):
        image = animation(upload(server, f"100,format={named},quality=high", data))
        assert (image.width, image.height) == (source.width, source.height)
        assert difference(on_gray(image), on_gray(source)) < 8


def test_facts_of_an_animation_are_those_of_the_file(server: RunningServer, corpus: Path) -> None:
    facts = told(upload(server, "meta", corpus_data(corpus, "animated/formula_loop3.webp")))

    assert (facts["width"], facts["height"], facts["frames"]) == (370, 285, 10)
    assert facts["loop"] == 3


def test_soft_edges_of_an_animated_png_are_kept_or_spoken_of(
    server: RunningServer, corpus: Path
) -> None:
    data = corpus_data(corpus, "animated/beach_ball_apng.png")

    same_size = upload(server, "full", data)
    resized = upload(server, "50", data)
    opened_webp = upload(server, "50", data, accept="image/webp")

    assert same_size.headers["Content-Type"] == "image/png"
    assert resized.headers["Content-Type"] == "image/gif"
    assert ["soft transparency" in text for text in warnings(resized)] == [True]
    assert (opened_webp.headers["Content-Type"], warnings(opened_webp)) == ("image/webp", [])

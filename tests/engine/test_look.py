"""What `meta` tells beyond the header: quality, dominant color, ThumbHash."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import pyvips
import thash

from imgproxy_py.engine import look
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.look import read_meta
from imgproxy_py.engine.meta import Described, describe
from imgproxy_py.engine.result import Meta
from tests.engine.drawing import BLUE, RED, YELLOW, animation, plain, quarters, source_of
from tests.pictures import graphic, landscape


def meta_of(data: bytes, admit: Callable[[int], None] = lambda _bytes: None) -> Meta:
    with source_of(data) as source:
        return read_meta(source, inspect(source, Limits()), admit)


def described(data: bytes) -> Described:
    return describe(meta_of(data))


def hash_bytes(data: bytes) -> list[int]:
    text = meta_of(data).thumbhash
    assert text is not None
    return list(base64.b64decode(text, validate=True))


def ratio(data: bytes) -> float:
    found = thash.thumb_hash_to_approximate_aspect_ratio(hash_bytes(data))
    assert found is not None
    return found


SAVERS: dict[str, Callable[[pyvips.Image], bytes]] = {
    "jpeg": lambda image: image.jpegsave_buffer(Q=95, subsample_mode="off"),
    "png": lambda image: image.pngsave_buffer(),
    "webp": lambda image: image.webpsave_buffer(lossless=True),
    "avif": lambda image: image.heifsave_buffer(compression="av1", Q=95, effort=1),
    "gif": lambda image: image.gifsave_buffer(),
    "tiff": lambda image: image.tiffsave_buffer(),
}


@pytest.mark.parametrize("name", SAVERS)
def test_every_format_has_a_look(name: str) -> None:
    image = plain(300, 200, RED).insert(plain(100, 200, BLUE), 200, 0)

    told = described(SAVERS[name](image.copy(interpretation="srgb")))

    color = str(told["dominant_color"])
    parts = [int(color[at : at + 2], 16) for at in (1, 3, 5)]
    assert all(abs(part - wanted) <= 3 for part, wanted in zip(parts, RED, strict=True))
    assert told["thumbhash"]


def test_the_dominant_color_is_one_that_the_picture_has_and_no_mixture() -> None:
    stripes = plain(90, 60, YELLOW).insert(plain(40, 60, BLUE), 0, 0)

    assert meta_of(SAVERS["png"](stripes)).dominant_color == "#e6c828"


def test_what_is_transparent_is_no_color() -> None:
    hidden = plain(90, 60, (*YELLOW, 0)).insert(plain(20, 60, (*BLUE, 255)), 0, 0)

    assert meta_of(SAVERS["png"](hidden)).dominant_color == "#2846d2"


def test_where_nothing_can_be_seen_there_is_neither_color_nor_hash() -> None:
    meta = meta_of(SAVERS["png"](plain(20, 20, (*RED, 0))))

    assert (meta.dominant_color, meta.thumbhash) == (None, None)


def test_a_grain_around_a_border_of_counting_is_one_color() -> None:
    """Gray 128 lies on a border: with noise its pixels fall to either side of it in each band."""
    noise = pyvips.Image.gaussnoise(120, 80, mean=128, sigma=1.5, seed=3).cast("uchar")
    gray = noise.bandjoin([noise, noise]).copy(interpretation="srgb")
    rival = plain(50, 80, RED)

    color = meta_of(SAVERS["png"](gray.insert(rival, 0, 0))).dominant_color

    assert color is not None
    assert all(abs(int(color[at : at + 2], 16) - 128) <= 2 for at in (1, 3, 5))


def test_the_hash_holds_the_ratio_of_the_upright_picture() -> None:
    wide = landscape(280, 140)
    tall = wide.copy()
    tall.set_type(pyvips.GValue.gint_type, "orientation", 6)

    assert ratio(SAVERS["jpeg"](wide)) == pytest.approx(2, rel=0.3)
    assert ratio(SAVERS["jpeg"](tall)) == pytest.approx(0.5, rel=0.3)


def test_the_hash_shows_the_picture() -> None:
    width, height, rgba = thash.thumb_hash_to_rgba(hash_bytes(SAVERS["png"](quarters(200, 200))))

    def at(x: float, y: float) -> tuple[int, ...]:
        start = 4 * (int(y * height) * width + int(x * width))
        return tuple(rgba[start : start + 3])

    red, green, yellow = at(0.2, 0.2), at(0.8, 0.2), at(0.8, 0.8)
    assert red[0] > red[1] + 60
    assert green[1] > green[0] + 40
    assert min(yellow[:2]) > yellow[2] + 60


def test_the_hash_holds_alpha() -> None:
    has_alpha = 0x80
    assert hash_bytes(SAVERS["png"](graphic(120, 80)))[2] & has_alpha
    assert not hash_bytes(SAVERS["png"](plain(60, 40, RED)))[2] & has_alpha


def test_an_animation_looks_like_its_first_frame() -> None:
    frames = [plain(60, 40, color) for color in (BLUE, RED, YELLOW)]
    gif = animation(frames, delays_ms=[90] * 3).gifsave_buffer()

    meta = meta_of(gif)

    assert (meta.facts.frames, meta.dominant_color) == (3, "#2846d2")
    assert meta.thumbhash == meta_of(SAVERS["gif"](frames[0])).thumbhash


@pytest.mark.parametrize(
    ("save", "quality"),
    [
        (lambda image: image.jpegsave_buffer(Q=67), 67),
        (lambda image: image.heifsave_buffer(compression="av1", Q=60, effort=1, bitdepth=8), 60),
    ],
    ids=["jpeg", "avif"],
)
def test_a_lossy_source_tells_its_quality_and_an_estimated_score(
    save: Callable[[pyvips.Image], bytes], quality: int
) -> None:
    told = described(save(landscape(200, 120)))

    assert told["quality"] == pytest.approx(quality, abs=1)
    assert isinstance(told["estimated_score"], int)
    assert 40 < told["estimated_score"] < 90


@pytest.mark.parametrize("name", ["png", "webp", "gif", "tiff"])
def test_a_lossless_source_has_no_quality_to_tell(name: str) -> None:
    told = described(SAVERS[name](landscape(60, 40)))

    assert (told["quality"], told["estimated_score"]) == (None, None)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "gif"])
def test_a_cut_picture_keeps_its_facts_and_loses_its_look(name: str) -> None:
    whole = SAVERS[name](landscape(200, 120))

    told = described(whole[: len(whole) * 2 // 3])

    assert (told["width"], told["height"]) == (200, 120)
    assert told["bytes"] == len(whole) * 2 // 3
    assert (told["dominant_color"], told["thumbhash"]) == (None, None)


def test_an_svg_is_not_drawn_for_its_look() -> None:
    asked: list[int] = []
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="6"><rect/></svg>'

    told = describe(meta_of(svg, asked.append))

    assert (told["width"], told["height"], told["thumbhash"]) == (9, 6, None)
    assert asked == []


def test_memory_is_asked_for_before_pixels_and_for_one_frame_alone() -> None:
    asked: list[int] = []
    frames = [plain(400, 300, color) for color in (BLUE, RED) * 10]

    meta_of(animation(frames, delays_ms=[90] * 20).gifsave_buffer(), asked.append)
    meta_of(SAVERS["gif"](frames[0]), asked.append)

    assert len(asked) == 2
    assert asked[0] == asked[1] > 0


def test_a_picture_too_dear_to_decode_has_facts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "MAX_LOOK_PIXELS", 119 * 80)
    picture = landscape(120, 80)

    assert meta_of(SAVERS["png"](picture)).thumbhash is None
    assert meta_of(SAVERS["jpeg"](picture)).thumbhash is not None


@pytest.mark.corpus
def test_every_photograph_and_drawing_has_a_look(corpus: Path) -> None:
    small = [
        path
        for folder in ("color", "graphics", "metadata")
        for path in sorted((corpus / folder).iterdir())
        if path.is_file() and path.stat().st_size < 300_000
    ]
    assert small
    for path in small:
        told = described(path.read_bytes())
        assert re.fullmatch("#[0-9a-f]{6}", str(told["dominant_color"])), path.name
        assert 5 <= len(base64.b64decode(str(told["thumbhash"]))) <= 60, path.name

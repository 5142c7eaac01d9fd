"""Hostile pictures that are drawn here: each is a few bytes, and none may hurt."""

import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
import pyvips

from tests.web.asking import upload
from tests.web.attack import REFUSAL_SECONDS, attack, require_alive, warm_up
from tests.web.canary import CANARY_PORT, Canary
from tests.web.pictures import jpeg, opened, quadrant_png
from tests.web.processes import resident_bytes, settled_resident_bytes
from tests.web.server import RunningServer

# Each has to end within its time, and the server has to come back to its memory.
pytestmark = pytest.mark.serial


def test_a_png_that_declares_900_megapixels_is_too_large(attacked: RunningServer) -> None:
    answer, seconds = attack(attacked, "100", png_header(30_000, 30_000))

    assert (answer.status, seconds < REFUSAL_SECONDS) == (413, True)
    assert answer.body.startswith(b"the source image is 30000x30000 pixels; at most 10000 ")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_cut_picture_is_broken(attacked: RunningServer, share: float) -> None:
    whole = jpeg()

    answer, _ = attack(attacked, "full", whole[: int(len(whole) * share)])

    assert answer.status == 422
    assert answer.body.startswith(b"the source image is damaged: ")


def test_an_svg_reaches_nothing_outside_of_itself(attacked: RunningServer, canary: Canary) -> None:
    ground = b'<rect width="40" height="40" fill="#0a0"/>'
    inside = "".join(
        f'<image href="{href}" width="40" height="40"/>'
        for href in (f"http://127.0.0.1:{CANARY_PORT}/canary/a.png", "file:///etc/hostname")
    )
    svg = (
        (
            '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
            f'<style>@import url("http://127.0.0.1:{CANARY_PORT}/canary/b.css");</style>'
            f"<script>fetch('http://127.0.0.1:{CANARY_PORT}/canary/c')</script>"
        ).encode()
        + ground
        + f"{inside}</svg>".encode()
    )

    answer, _ = attack(attacked, "format=png", svg)

    assert answer.status in (200, 422)
    if answer.status == 200:
        assert opened(answer.body).getpoint(20, 20)[:3] == [0, 170, 0]
    assert b"canary" not in answer.body
    assert canary.is_quiet


def test_an_svg_that_takes_too_long_is_never_sent_back_uncleaned(attacked: RunningServer) -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="7000" height="7000">'
        b'<filter id="f"><feTurbulence baseFrequency=".05" numOctaves="9"/></filter>'
        b"<script>HOSTILE_</script>"
        b'<rect width="7000" height="7000" filter="url(#f)"/></svg>'
    )

    answer = upload(attacked, "timeout=0.5", svg)

    assert answer.status in (413, 504)
    assert b"HOSTILE_" not in answer.body


@pytest.mark.parametrize("options", ["full", "format=avif", "quality=lossless", "trim=border"])
def test_the_largest_picture_allowed_is_answered_in_the_time_allowed(
    attacked: RunningServer, options: str
) -> None:
    data = even_png(10_000, 10_000)
    warm_up(attacked)
    before = resident_bytes(attacked.pid)
    started_at = time.monotonic()

    answer = upload(attacked, f"{options},timeout=2", data)

    assert time.monotonic() - started_at < 5
    require_alive(attacked)
    assert answer.status == 200
    assert len(answer.body) <= len(data)
    limit = 1.2 * before
    assert settled_resident_bytes(attacked.pid, at_most=limit, seconds=10) <= limit


def test_answers_are_never_mixed_up_when_broken_pictures_stand_between(
    attacked: RunningServer,
) -> None:
    broken = [jpeg()[:9_000], png_header(30_000, 30_000), b"GIF89a", b"<svg", b"%PDF-1.7 "]
    whole = {width: quadrant_png(width, 60) for width in range(61, 91)}
    work = [("full", data) for width, data in whole.items() for data in (data, *broken[:2])]
    work += [("full", data) for data in broken * 4]

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda each: upload(attacked, *each), work))

    for (_, data), answer in zip(work, answers, strict=True):
        is_whole = data in whole.values()
        assert (answer.status == 200) is is_whole, answer.body
        assert not is_whole or opened(answer.body).width == opened(data).width


@cache
def even_png(width: int, height: int) -> bytes:
    """One color: many pixels in few bytes."""
    image = pyvips.Image.black(width, height, bands=3).copy(interpretation="srgb")
    data: bytes = image.pngsave_buffer(compression=9)
    return data


def png_header(width: int, height: int) -> bytes:
    """A PNG of which only the first chunk is there, and the beginning of its pixels."""
    ihdr = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + bytes([8, 6, 0, 0, 0])
    chunk = (13).to_bytes(4) + ihdr + zlib.crc32(ihdr).to_bytes(4)
    return b"\x89PNG\r\n\x1a\n" + chunk + (9_999).to_bytes(4) + b"IDAT" + bytes(99)

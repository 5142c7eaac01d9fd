"""Pictures made to hurt, through the running server: refused or drawn, and nothing else happens."""

import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.waiting import eventually
from tests.web.asking import fetch, picture, upload, warnings
from tests.web.attack import REFUSAL_SECONDS, TIMEOUT, WALL_SECONDS, attack, require_alive, warm_up
from tests.web.canary import Canary
from tests.web.origin import Origin
from tests.web.processes import family, resident_bytes, settled_resident_bytes
from tests.web.server import Answer, RunningServer

# Each has to end within its time, and the server has to come back to its memory.
pytestmark = pytest.mark.serial

VARIANTS = ("full", "64x64,crop=auto", "200,format=webp")


def _expected() -> dict[str, dict[str, Any]]:
    """Name → what a careful service does with it; nothing where the corpus is missing."""
    path = Path(os.environ.get("IMGPROXY_PY_CORPUS", "")) / "hostile" / "EXPECTED.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text()) if path.is_file() else {}
    return found


EXPECTED = _expected()
MARKED = {name: row["marker"].encode() for name, row in EXPECTED.items() if "marker" in row}
FETCHED = [
    *("apng_3000_frames_4000x4000.png", "avif_corrupt_av1.avif", "gif_10000_frames.gif"),
    *("gif_truncated.gif", "html_renamed.jpg", "jpeg_bomb_20000x20000.jpg", "jpeg_header_only.jpg"),
    *("jpeg_progressive_scan_bomb.jpg", "jpeg_truncated_50pct.jpg", "m3u8_renamed.gif"),
    *("pdf_renamed.png", "png_bomb_20000x20000_rgb.png", "png_iccp_bomb.png", "one_byte.gif"),
    *("polyglot_jpeg_zip.jpg", "svg_filter_bomb.svg", "svg_use_bomb.svg", "svg_xxe.svg"),
    *("webp_3000_frames.webp", "wrong_extension_png.jpg", "zero_bytes.jpg"),
    "brackets-in-name[page=0,n=-1].png",
]


def _require_as_expected(expect: str, answer: Answer, seconds: float) -> None:
    is_refused = 400 <= answer.status < 500
    assert is_refused or answer.status == 200, (answer.status, answer.body[:300])
    assert seconds < (REFUSAL_SECONDS if is_refused else WALL_SECONDS)
    assert answer.body
    if is_refused:
        _require_honest_refusal(expect, answer)
        return
    assert expect != "reject"
    assert max(picture(answer).width, picture(answer).height) <= 10_000


def _require_honest_refusal(expect: str, answer: Answer) -> None:
    """415 or 422 for what is no picture or a broken one, 413 over a limit, 400 for no bytes."""
    allowed = {"reject": {400, 413, 415, 422}, "decode": {413}, "sanitize": {413, 415, 422}}
    assert answer.status in allowed.get(expect, {413, 415, 422}), answer.body
    # No path of ours, no name of a file inside the service.
    assert b"/" not in answer.body.partition(b"\n")[0].replace(b"image/", b"")


@pytest.mark.corpus
@pytest.mark.parametrize("options", [*VARIANTS, "meta"])
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_an_uploaded_hostile_picture_is_refused_or_drawn_in_time(
    attacked: RunningServer, canary: Canary, corpus: Path, name: str, options: str
) -> None:
    children = set(family(attacked.pid))

    answer, seconds = attack(attacked, options, (corpus / "hostile" / name).read_bytes())

    expect = EXPECTED[name]["expect"]
    if options == "meta" and answer.status == 200:
        assert json.loads(answer.body)["width"] >= 1
    else:
        _require_as_expected(expect, answer, seconds)
    if name in MARKED:
        assert MARKED[name] not in answer.body
    if any("ran out" in warning for warning in warnings(answer)):
        assert eventually(lambda: set(family(attacked.pid)) != children)
    assert canary.is_quiet


@pytest.mark.corpus
@pytest.mark.parametrize("name", FETCHED if EXPECTED else [])
def test_a_fetched_hostile_picture_is_refused_or_drawn_in_time(
    attacked: RunningServer, canary: Canary, origin: Origin, corpus: Path, name: str
) -> None:
    data = (corpus / "hostile" / name).read_bytes()
    url = origin.put(f"/{quote(name)}", data, media_type="image/png")
    started_at = time.monotonic()

    answer = fetch(attacked, f"100,timeout={TIMEOUT}", url)

    seconds = time.monotonic() - started_at
    require_alive(attacked)
    if answer.status == 303:
        assert answer.headers["Location"] == url
        assert seconds < WALL_SECONDS
    else:
        _require_as_expected(EXPECTED[name]["expect"], answer, seconds)
    assert canary.is_quiet


@pytest.mark.corpus
@pytest.mark.parametrize(
    "options",
    [
        "full",
        "8",
        *(f"format={name}" for name in ("jpeg", "png", "webp", "avif", "gif")),
        "quality=lossless",
    ],
)
@pytest.mark.parametrize("name", sorted(MARKED))
def test_no_active_payload_survives_in_any_format(
    attacked: RunningServer, canary: Canary, corpus: Path, name: str, options: str
) -> None:
    answer, _ = attack(attacked, options, (corpus / "hostile" / name).read_bytes())

    assert answer.status in (200, 413, 415, 422), answer.body
    assert MARKED[name] not in answer.body
    assert MARKED[name].decode().encode("utf-16-le") not in answer.body
    assert canary.is_quiet


@pytest.mark.corpus
def test_after_all_of_them_memory_is_back_where_it_was(
    attacked: RunningServer, canary: Canary, corpus: Path
) -> None:
    warm_up(attacked)
    before = resident_bytes(attacked.pid)

    for name in sorted(EXPECTED):
        for options in VARIANTS:
            upload(attacked, f"{options},timeout={TIMEOUT},bgcolor=abc", _data(corpus, name))

    warm_up(attacked)
    limit = 1.2 * before
    assert settled_resident_bytes(attacked.pid, at_most=limit, seconds=10) <= limit
    # The server, the template, two children.
    assert eventually(lambda: len(family(attacked.pid)) == 4)
    assert canary.is_quiet


def _data(corpus: Path, name: str) -> bytes:
    return (corpus / "hostile" / name).read_bytes()

"""Short ways to ask the running server for one picture, and to look at what came back."""

import json
import re
from pathlib import Path
from typing import Any

import pyvips

from tests.web.pictures import opened
from tests.web.server import USERNAME, Answer, RunningServer


def upload(server: RunningServer, options: str, data: bytes, *, accept: str = "*/*") -> Answer:
    """One picture as a raw request body."""
    headers = {"Content-Type": "application/octet-stream", "Accept": accept}
    return server.ask("POST", f"/{USERNAME}/{options}", headers, data)


def fetch(server: RunningServer, options: str, url: str, *, accept: str = "*/*") -> Answer:
    """One picture by its source URL."""
    return server.get(f"/{USERNAME}/{options}/{url}", Accept=accept)


def picture(answer: Answer) -> pyvips.Image:
    """The picture of an answer; the answer itself explains a failure."""
    assert answer.status == 200, answer.body.decode("utf-8", "replace")
    return opened(answer.body)


def is_hit(answer: Answer) -> bool:
    """Whether it came from the store, as its `Cache-Status` says (RFC 9211)."""
    return str(answer.headers["Cache-Status"]).startswith("imgproxy-py; hit")


def told(answer: Answer) -> Any:
    """The JSON of an answer."""
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def warnings(answer: Answer) -> list[str]:
    """The sentences of the `Warning` headers, unquoted."""
    quoted = (re.fullmatch(r'299 imgproxy-py "(.*)"', line) for line in answer.all("Warning"))
    return [re.sub(r"\\(.)", r"\1", match[1]) for match in quoted if match is not None]


def size(image: pyvips.Image) -> tuple[int, int]:
    """Width and height of a frame."""
    return image.width, image.get_page_height()


def color_at(image: pyvips.Image, x: float, y: float) -> tuple[int, ...]:
    """The sRGB color, 0..255 each, at a place given in fractions of the picture."""
    image = image.colourspace("srgb")
    bands = image.getpoint(int(x * (image.width - 1)), int(y * (image.height - 1)))
    return tuple(round(band) for band in bands)


def is_near(color: tuple[int, ...], other: tuple[int, ...], *, tolerance: int = 24) -> bool:
    """The default allows for what lossy encoders do inside of flat areas."""
    return all(abs(a - b) <= tolerance for a, b in zip(color[:3], other[:3], strict=True))


def animation(answer: Answer) -> pyvips.Image:
    """All frames of an animated answer, one below the other."""
    assert answer.status == 200, answer.body.decode("utf-8", "replace")
    image = pyvips.Image.new_from_buffer(answer.body, "", n=-1)
    image.copy_memory()
    return image


def corpus_files(corpus: Path, *folders: str) -> list[Path]:
    """Every picture of some folders, in order."""
    return [
        path for folder in folders for path in sorted((corpus / folder).iterdir()) if path.is_file()
    ]

"""The worst results beside their sources, to be looked at by a person.

    python -m benchmarks.quality.contact_sheet --out sheet.png

draws, for each preset, the pictures with the lowest scores: the tile of 256x256 that scores worst,
the rendered reference on the left and our result on the right, without any scaling.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyvips

from benchmarks.quality.arguments import read_arguments
from benchmarks.quality.bench import Bench
from benchmarks.quality.encoders import as_image, as_pixels
from benchmarks.quality.judges import Judge
from benchmarks.quality.ours import OPENINGS, Answer
from benchmarks.quality.pictures import Kind, Picture, Pixels
from imgproxy_py.engine.job import Tier
from options_grammar.options import Preset

PRESETS = (Preset.LOW, Preset.MEDIUM, Preset.HIGH)
WORST_PICTURES = 4
TILE_PIXELS = 256
# Half a tile: what is bad on the border of two tiles stands in the middle of a third.
_STEP_PIXELS = TILE_PIXELS // 2
_GAP_PIXELS = 8
_LABEL_PIXELS = 36
_GROUND = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture's worst tile, twice, and what stands above it."""

    label: str
    source: Pixels
    result: Pixels


def main() -> None:
    arguments = read_arguments("The worst results beside their sources.")
    bench = arguments.bench()
    rows = [list(panels(bench, preset)) for preset in PRESETS]
    sheet(rows).pngsave(str(arguments.out), compression=6)
    for row in rows:
        for panel in row:
            print(panel.label.replace("\n", " | "))


def panels(bench: Bench, preset: Preset) -> Iterator[Panel]:
    """The worst answer of each of the worst pictures, whatever format it came in."""
    worst: dict[str, tuple[Picture, Answer]] = {}
    for picture in _pictures(bench):
        for opening in OPENINGS:
            answer = bench.answer(picture, opening, Tier.SETTLED, preset)
            if picture.name not in worst or answer.score < worst[picture.name][1].score:
                worst[picture.name] = (picture, answer)
    chosen = sorted(worst.values(), key=lambda pair: pair[1].score)[:WORST_PICTURES]
    for picture, answer in chosen:
        yield _panel(bench.baselines.judge, picture, answer, preset)


def _pictures(bench: Bench) -> Iterator[Picture]:
    for kind in Kind:
        for size in bench.sizes:
            yield from bench.comparable(kind, size)


def _panel(judge: Judge, picture: Picture, answer: Answer, preset: Preset) -> Panel:
    source, result = _shown(picture.pixels), _shown(as_pixels(answer.data))
    score, left, top = worst_tile(judge, source, result)
    quality = "" if answer.quality is None else f" Q{answer.quality}"
    label = (
        f"{preset}: {picture.name} {picture.size} px, {answer.format}{quality}, {answer.bytes} B\n"
        f"score {answer.score:.1f}, this tile {score:.1f} at {left},{top}"
    )
    return Panel(label=label, source=_tile(source, left, top), result=_tile(result, left, top))


def worst_tile(judge: Judge, source: Pixels, result: Pixels) -> tuple[float, int, int]:
    """Score, left and top of the tile that scores lowest by itself."""
    height, width = source.shape[:2]
    return min(
        (judge.prepared(_tile(source, left, top))(_tile(result, left, top)), left, top)
        for top in _starts(height)
        for left in _starts(width)
    )


def _starts(side: int) -> Sequence[int]:
    last = max(side - TILE_PIXELS, 0)
    return sorted({*range(0, last, _STEP_PIXELS), last})


def _tile(pixels: Pixels, left: int, top: int) -> Pixels:
    return np.ascontiguousarray(pixels[top : top + TILE_PIXELS, left : left + TILE_PIXELS])


def _shown(pixels: Pixels) -> Pixels:
    """In RGB; alpha on white, as on most pages."""
    image = as_image(pixels)
    if image.hasalpha():
        image = image.flatten(background=[_GROUND] * (image.bands - 1))
    image = image.colourspace("srgb")
    return np.ndarray((image.height, image.width, 3), np.uint8, image.write_to_memory())


def sheet(rows: Sequence[Sequence[Panel]]) -> pyvips.Image:
    """One row of panels under another, as wide as the longest."""
    drawn = [_drawn(panel) for row in rows for panel in row]
    across = max(len(row) for row in rows)
    return pyvips.Image.arrayjoin(drawn, across=across, shim=_GAP_PIXELS, background=[_GROUND] * 3)


def _drawn(panel: Panel) -> pyvips.Image:
    width = 2 * TILE_PIXELS + 2
    left = as_image(panel.source)
    pair = left.gravity("north-west", TILE_PIXELS + 2, TILE_PIXELS, extend="white")
    pair = pair.join(as_image(panel.result), "horizontal", expand=True, background=[_GROUND] * 3)
    ink = 255 - pyvips.Image.text(panel.label, dpi=72, font="sans 11")
    label = ink.bandjoin([ink, ink]).copy(interpretation="srgb")
    head = label.gravity("west", width, _LABEL_PIXELS, extend="white")
    return head.join(pair, "vertical", expand=True, background=[_GROUND] * 3)


if __name__ == "__main__":
    main()

"""How alike two pictures are, and which pictures of the corpus to compare."""

from pathlib import Path

import pyvips


def corpus_data(corpus: Path, name: str) -> bytes:
    return (corpus / name).read_bytes()


def difference(image: pyvips.Image, other: pyvips.Image) -> float:
    """Mean absolute difference per channel, 0..255."""
    pair = [each.colourspace("srgb") for each in (image, other)]
    if pair[0].bands != pair[1].bands:
        pair = [each if each.hasalpha() else each.addalpha() for each in pair]
    difference: float = (pair[0] - pair[1]).abs().avg()
    return difference


def on_gray(image: pyvips.Image) -> pyvips.Image:
    image = image.colourspace("srgb")
    return image.flatten(background=[128]) if image.hasalpha() else image

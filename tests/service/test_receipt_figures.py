"""Receipts that were just written are at hand, and are what parsing would have given."""

import pytest

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.service.receipt_figures import MAX_ENTRIES, figures_of, written
from options_grammar import Preset


def receipt(original: int = 1000) -> Receipt:
    return Receipt(
        original=original,
        result=275,
        saved=72.5,
        format=ImageFormat.JPEG,
        preset=Preset.HIGH,
        target=80.25,
        score=81.07,
        metric="ssimulacra2",
        quality=71,
        attempts=3,
        stop="target",
        options="full",
        engine="libvips 8",
        source_sha256="0" * 64,
        result_sha256="f" * 64,
    )


def test_what_was_written_is_had_without_parsing() -> None:
    mine = receipt()

    assert figures_of(written(mine)) is mine


def test_what_is_at_hand_is_what_parsing_gives() -> None:
    text = written(receipt())

    assert figures_of(text) == Receipt.parse(text)


@pytest.mark.parametrize("is_asked_for", [True, False], ids=["asked for since", "left alone"])
def test_what_was_not_asked_for_the_longest_goes_first(is_asked_for: bool) -> None:
    mine = receipt(original=7)
    text = written(mine)
    for number in range(1, MAX_ENTRIES):
        written(receipt(original=10_000 + number))
    if is_asked_for:
        figures_of(text)
    written(receipt(original=20_000))

    assert (figures_of(text) is mine) == is_asked_for

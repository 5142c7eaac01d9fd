"""What holds for every source: never larger, the same again, nothing private."""

import struct
from pathlib import Path

import pytest

from imgproxy_py.engine.formats import ImageFormat
from options_grammar.options import Format, Preset
from tests.engine.answering import ACCEPTS, BOTH, EVERY_SOURCE, FIXED, SOURCES, answer
from tests.engine.test_strip import private_source


@EVERY_SOURCE
@ACCEPTS
@pytest.mark.parametrize("quality", [Preset.LOW, Preset.MEDIUM, Preset.HIGH, Preset.LOSSLESS])
def test_a_result_of_the_same_size_is_never_larger_than_the_source(
    source: bytes, accepts: frozenset[ImageFormat], quality: Preset
) -> None:
    result = answer(source, accepts, quality=quality)

    assert 0 < len(result.data) <= len(source)
    assert not result.is_provisional


@EVERY_SOURCE
@ACCEPTS
def test_a_result_fed_back_is_returned_byte_for_byte(
    source: bytes, accepts: frozenset[ImageFormat]
) -> None:
    once = answer(source, accepts)

    again = answer(once.data, accepts)

    if once.format is ImageFormat.GIF:  # each pass lets pixels stray a little further
        assert 0.9 * len(once.data) <= len(again.data) <= len(once.data)
    else:
        assert again.data == once.data
        assert again.stop == "source"


@EVERY_SOURCE
def test_the_same_request_gives_the_same_bytes(source: bytes) -> None:
    assert answer(source, BOTH, width=100).data == answer(source, BOTH, width=100).data


PRIVATE = [ImageFormat.JPEG, ImageFormat.PNG, ImageFormat.WEBP, ImageFormat.AVIF]


@pytest.mark.parametrize("image_format", PRIVATE)
@pytest.mark.parametrize("quality", [Preset.LOW, Preset.LOSSLESS])
@pytest.mark.parametrize("asked", [Format.AUTO, *FIXED])
def test_nothing_private_is_in_any_result(
    image_format: ImageFormat, quality: Preset, asked: Format
) -> None:
    source = private_source(image_format, orientation=6 if image_format != "avif" else 1)
    assert b"PRIVATE_" in source

    result = answer(source, BOTH, quality=quality, format=asked)

    assert b"PRIVATE_" not in result.data


def test_trailing_data_of_a_source_is_not_in_the_result() -> None:
    source = SOURCES["a bad photograph in JPEG"] + b"PRIVATE_tail" + struct.pack(">I", 7)

    assert b"PRIVATE_" not in answer(source).data


@pytest.mark.corpus
@ACCEPTS
@pytest.mark.parametrize("folder", ["metadata", "animated"])
def test_real_sources_never_grow_and_lose_what_is_private(
    corpus: Path, folder: str, accepts: frozenset[ImageFormat]
) -> None:
    for path in sorted((corpus / folder).iterdir()):
        source = path.read_bytes()
        if len(source) > 1_000_000:
            continue

        result = answer(source, accepts)

        assert len(result.data) <= len(source), path.name
        assert b"PRIVATE_" not in result.data, path.name

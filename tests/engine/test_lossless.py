"""Squeezing the source's own bytes, and which requests are lossless at all."""

import pytest

from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.lossless import is_lossless_request, keeps_profile
from imgproxy_py.engine.own_bytes import squeezed
from options_grammar.options import Format, Options, Preset
from tests.engine.encoding import decoded, drawing, photo, source_of


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(bytes(photo().jpegsave_buffer(Q=90)), id="a baseline JPEG"),
        pytest.param(bytes(photo().jpegsave_buffer(Q=90, interlace=True)), id="a progressive"),
        pytest.param(bytes(drawing().pngsave_buffer(compression=1)), id="a PNG"),
        pytest.param(bytes(drawing().pngsave_buffer(interlace=True)), id="an interlaced PNG"),
    ],
)
def test_squeezing_saves_bytes_and_no_pixel(source: bytes) -> None:
    facts = inspect(source_of(source), Limits())

    result = squeezed(source, facts)

    assert len(result) < len(source)
    assert float((decoded(result) - decoded(source)).abs().max()) == 0
    assert squeezed(result, facts) == result


def test_bytes_that_no_tool_understands_stay_as_they_are() -> None:
    facts = inspect(source_of(bytes(photo().jpegsave_buffer())), Limits())

    assert squeezed(b"\xff\xd8 not a picture", facts) == b"\xff\xd8 not a picture"


@pytest.mark.parametrize(
    ("options", "is_lossless"),
    [
        (Options(quality=Preset.LOSSLESS), True),
        (Options(quality=Preset.LOSSLESS, dpr=2.0), True),
        (Options(quality=Preset.LOSSLESS, width=100), False),
        (Options(quality=Preset.HIGH), False),
        (Options(quality=100), False),
    ],
)
def test_nothing_is_lossless_once_it_was_resized(options: Options, is_lossless: bool) -> None:
    assert is_lossless_request(options) is is_lossless


@pytest.mark.parametrize(
    ("asked", "keeps"), [(Format.PNG, True), (Format.GIF, False), (Format.H264, False)]
)
def test_colors_stay_as_they_are_only_where_the_profile_can_go_along(
    asked: Format, keeps: bool
) -> None:
    assert keeps_profile(Options(quality=Preset.LOSSLESS, format=asked)) is keeps

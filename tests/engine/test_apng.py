"""Animated PNGs: all frames with the extra `video`, the first and a Warning without it."""

from pathlib import Path

import pytest

from imgproxy_py.engine import apng
from options_grammar.options import Fit, Options
from tests.engine.drawing import rendered_from, size, source_at


def test_all_frames_are_composed_and_resized(corpus: Path) -> None:
    pytest.importorskip("av")
    with source_at(corpus / "animated" / "beach_ball_apng.png") as source:
        result = rendered_from(source, Options(width=50, height=40, fit=Fit.CROP))

    assert size(result) == (50, 40)
    assert result.frames == 20
    assert len(result.delays_ms) == 20
    pages = [result.image.crop(0, 40 * page, 50, 40) for page in range(20)]
    # The ball turns: no two frames are the same picture.
    assert all((pages[0] - page).abs().avg() > 0.5 for page in pages[1:10])


def test_without_the_extra_the_first_frame_comes_with_a_warning(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apng, "can_decode_apng", lambda: False)

    with source_at(corpus / "animated" / "beach_ball_apng.png") as source:
        result = rendered_from(source, Options(width=50))

    assert result.frames == 1
    assert result.warnings == (apng.MISSING,)
    assert "[video]" in apng.MISSING

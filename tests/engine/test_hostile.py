"""Files made to hurt: each ends as its EXPECTED.json says, in bounded time and memory."""

import json
import resource
import time
from pathlib import Path

import pytest

from imgproxy_py.engine.errors import BrokenImage, EngineError, ImageTooLarge, NotAnImage
from imgproxy_py.engine.inspect import inspect
from imgproxy_py.engine.job import Limits
from options_grammar.options import Options
from tests.engine.drawing import rendered_from, source_at

pytestmark = pytest.mark.corpus

# One 10000 pixel side is our own documented limit: this picture is valid and refused by it.
OVER_OUR_LIMIT = frozenset({"png_1x65535.png"})
MAX_SECONDS = 2.0
MAX_GROWTH_KB = 200_000


def outcome(path: Path) -> EngineError | None:
    """The error that the requester would see; None for a picture."""
    with source_at(path) as source:
        try:
            result = rendered_from(source, Options(width=100, height=80))
        except EngineError as error:
            return error
    assert 1 <= result.width <= 100
    return None


def is_as_expected(word: str, error: EngineError | None) -> bool:
    match word:
        case "reject":
            return isinstance(error, NotAnImage | BrokenImage)
        case "decode" | "sanitize":
            return error is None
        case "limit":
            # What we don't read at all (a PPM, an SVGZ) is refused before any limit.
            return isinstance(error, ImageTooLarge | NotAnImage)
        case _:
            return error is None or isinstance(error, EngineError)


def test_every_hostile_file_ends_as_expected(corpus: Path) -> None:
    expected = json.loads((corpus / "hostile" / "EXPECTED.json").read_text())
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    surprises = []
    for name, entry in expected.items():
        started = time.process_time()
        error = outcome(corpus / "hostile" / name)
        seconds = time.process_time() - started
        word = "limit" if name in OVER_OUR_LIMIT else entry["expect"]
        if not is_as_expected(word, error) or seconds > MAX_SECONDS:
            surprises.append((name, word, error, seconds))

    assert surprises == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < MAX_GROWTH_KB


def test_the_messages_name_no_path_and_no_descriptor(corpus: Path) -> None:
    for path in sorted((corpus / "hostile").iterdir()):
        if (error := outcome(path)) is not None:
            assert "/" not in str(error), path.name
            assert len(str(error)) < 300, path.name


def test_every_picture_of_the_png_suite_opens_or_is_broken_on_purpose(corpus: Path) -> None:
    for path in sorted((corpus / "pngsuite").glob("*.png")):
        error = outcome(path)
        # Every file whose name begins with x is damaged.
        assert error is None or path.name.startswith("x"), path.name


def test_the_limits_of_the_job_are_what_counts(corpus: Path) -> None:
    refusal = pytest.raises(ImageTooLarge, match="768x512, 393216 pixels; at most 300000")
    with source_at(corpus / "photos" / "kodim23.png") as source, refusal:
        inspect(source, Limits(max_pixels=300_000))

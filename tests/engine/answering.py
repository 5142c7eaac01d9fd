"""A source of every kind, and the engine's answer to one request for it."""

import pytest

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Optimized
from options_grammar.options import Format, Options
from tests.engine.encoding import animated_source, cutout, drawing, optimized, photo

NONE: frozenset[ImageFormat] = frozenset()
WEBP = frozenset({ImageFormat.WEBP})
BOTH = frozenset({ImageFormat.WEBP, ImageFormat.AVIF})
ACCEPTS = pytest.mark.parametrize("accepts", [NONE, WEBP, BOTH], ids=["none", "webp", "avif"])
SOURCES: dict[str, bytes] = {
    "a photograph in JPEG": bytes(photo().jpegsave_buffer(Q=90)),
    "a bad photograph in JPEG": bytes(photo().jpegsave_buffer(Q=25)),
    "a photograph in PNG": bytes(photo().pngsave_buffer()),
    "a photograph in WebP": bytes(photo().webpsave_buffer(Q=80)),
    "a photograph in AVIF": bytes(photo().heifsave_buffer(compression="av1", Q=60, effort=1)),
    "a drawing in PNG": bytes(drawing().pngsave_buffer()),
    "a drawing in GIF": bytes(drawing().gifsave_buffer()),
    "a drawing with a palette": bytes(drawing().pngsave_buffer(palette=True)),
    "a drawing in lossless WebP": bytes(drawing().webpsave_buffer(lossless=True)),
    "a cutout in PNG": bytes(cutout().pngsave_buffer()),
    "an animation in GIF": animated_source(".gif"),
    "an animation in WebP": animated_source(".webp"),
}
EVERY_SOURCE = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
FIXED = [Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF, Format.GIF]


def answer(source: bytes, accepts: frozenset[ImageFormat] = NONE, **options: object) -> Optimized:
    job = Job(options=Options(**options), accepts=accepts)  # type: ignore[arg-type]
    return optimized(source, job=job)

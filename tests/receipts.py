"""A receipt as the engine writes one; tests bend a claim of it with `dataclasses.replace`."""

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.receipt import Receipt
from options_grammar import Preset

RECEIPT = Receipt(
    original=183_622,
    result=51_010,
    saved=72.2,
    format=ImageFormat.AVIF,
    preset=Preset.MEDIUM,
    target=72.0,
    score=72.61,
    metric="ssimulacra2",
    quality=51,
    attempts=2,
    stop="target",
    options="500x375,crop=0.3x0.7",
    engine="imgproxy-py/0.1.0 engine/1 libvips/8.18.7",
    source_sha256="ab" * 32,
    result_sha256="cd" * 32,
)

"""Every encoder that is measured by itself, as a named row: libvips' saver and its settings."""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyvips

from benchmarks.quality.cache import Kept
from benchmarks.quality.pictures import Pixels
from imgproxy_py.engine import jpeg_coding
from imgproxy_py.engine.jpeg_coding.file import quantized_jpeg
from imgproxy_py.engine.pillow_jpeg import rescanned
from imgproxy_py.engine.quantization_tables import TABLES, TableName

_WHITE = 255.0


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """`settings` go to libvips' saver beside the quality Q (1..100)."""

    name: str
    saver: str
    settings: Mapping[str, object]

    @cached_property
    def key(self) -> str:
        """All that decides about the bytes: settings and the version of libvips."""
        version = ".".join(str(pyvips.version(part)) for part in range(3))
        return f"libvips {version} {self.saver} {json.dumps(dict(self.settings), sort_keys=True)}"

    def encode(self, pixels: Pixels, quality: int) -> Kept:
        """The bytes, with the seconds of CPU that they took (all threads)."""
        image = as_image(pixels)
        if self.saver == "jpegsave_buffer" and image.hasalpha():
            image = image.flatten(background=[_WHITE] * (image.bands - 1)).copy_memory()
        began = time.process_time()
        data: bytes = getattr(image, self.saver)(Q=quality, keep="none", **self.settings)
        return Kept(number=time.process_time() - began, data=data)


@dataclass(frozen=True, kw_only=True)
class MaskedJpeg(Encoder):
    """The engine's own quantizer, whose coefficients are put into better scans; no alpha."""

    table: TableName

    @cached_property
    def key(self) -> str:
        """With a digest of the code that decides about the bytes."""
        code = (
            path.read_bytes() for path in sorted(Path(jpeg_coding.__file__).parent.glob("*.py"))
        )
        digest = hashlib.sha256(b"\0".join((*code, repr(TABLES[self.table]).encode())))
        return f"{self.table} {digest.hexdigest()[:16]}"

    def encode(self, pixels: Pixels, quality: int) -> Kept:
        is_full_chroma = self.table is TableName.FULL_CHROMA_MASKED
        began = time.process_time()
        data = rescanned(
            quantized_jpeg(pixels, quality, table=TABLES[self.table], is_full_chroma=is_full_chroma)
        )
        return Kept(number=time.process_time() - began, data=data)


def as_image(pixels: Pixels) -> pyvips.Image:
    """The same memory, seen by libvips."""
    height, width, bands = pixels.shape
    image = pyvips.Image.new_from_memory(pixels.data, width, height, bands, "uchar")
    return image.copy(interpretation="srgb" if bands > 2 else "b-w")


def as_pixels(data: bytes) -> Pixels:
    """What a browser would show of an encoded picture, in 8 bits."""
    image = pyvips.Image.new_from_buffer(data, "")
    if image.format != "uchar" or image.interpretation not in ("srgb", "b-w"):
        image = image.colourspace("srgb" if image.bands > 2 else "b-w")
    height, width, bands = image.height, image.width, image.bands
    pixels: Pixels = image.numpy().reshape(height, width, bands)
    return pixels


def _jpeg(name: str, **settings: object) -> Encoder:
    return Encoder(
        name=name, saver="jpegsave_buffer", settings={"optimize_coding": True, **settings}
    )


def _webp(name: str, **settings: object) -> Encoder:
    return Encoder(name=name, saver="webpsave_buffer", settings=settings)


def _masked_jpeg(table: TableName) -> MaskedJpeg:
    return MaskedJpeg(name=f"jpeg {table}", saver="jpegsave_buffer", settings={}, table=table)


def _avif(effort: int, bits: int = 8, chroma: str = "on") -> Encoder:
    settings = {"compression": "av1", "effort": effort, "bitdepth": bits, "subsample_mode": chroma}
    name = f"avif e{effort}" + (" 10b" if bits == 10 else "") + (" 444" if chroma == "off" else "")
    return Encoder(name=name, saver="heifsave_buffer", settings=settings)


_MOZJPEG = {"quant_table": 2, "interlace": True, "subsample_mode": "on"}

PLAIN_JPEG = _jpeg("jpeg plain")
FAST_JPEG = _jpeg("jpeg fast", **_MOZJPEG)
TRELLIS_JPEG = _jpeg(
    "jpeg trellis", **_MOZJPEG, trellis_quant=True, overshoot_deringing=True, optimize_scans=True
)
WEBP_4 = _webp("webp e4", effort=4)
WEBP_6 = _webp("webp e6 ss", effort=6, smart_subsample=True)
AVIF_0, AVIF_1, AVIF_2, AVIF_3 = (_avif(effort) for effort in range(4))
AVIF_1_DEEP, AVIF_3_DEEP = _avif(1, 10), _avif(3, 10)
AVIF_3_FULL = _avif(3, 10, "off")
MASKED_JPEG = _masked_jpeg(TableName.MASKED)
FULL_CHROMA_MASKED_JPEG = _masked_jpeg(TableName.FULL_CHROMA_MASKED)

ENCODERS = (
    PLAIN_JPEG,
    FAST_JPEG,
    TRELLIS_JPEG,
    WEBP_4,
    WEBP_6,
    AVIF_0,
    AVIF_1,
    AVIF_2,
    AVIF_3,
    AVIF_1_DEEP,
    AVIF_3_DEEP,
)

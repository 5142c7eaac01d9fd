"""The only loaders of libvips that are ever called, by name: its own sniffing decides nothing."""

from collections.abc import Callable
from typing import Any

import pyvips

from imgproxy_py.engine.formats import ImageFormat

Loader = Callable[..., pyvips.Image]


def _loader(name: str) -> Loader:
    def load(source: pyvips.Source, **options: Any) -> pyvips.Image:
        return pyvips.Operation.call(name, source, **options)

    return load


LOADERS: dict[ImageFormat, Loader] = {
    ImageFormat.JPEG: _loader("jpegload_source"),
    ImageFormat.PNG: _loader("pngload_source"),
    ImageFormat.WEBP: _loader("webpload_source"),
    ImageFormat.GIF: _loader("gifload_source"),
    ImageFormat.AVIF: _loader("heifload_source"),
    ImageFormat.TIFF: _loader("tiffload_source"),
    ImageFormat.SVG: _loader("svgload_source"),
}

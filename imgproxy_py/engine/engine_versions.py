"""Who made a result: the engine and the encoders that had a hand in it, each with its version."""

import functools

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.version import ENGINE_VERSION, VERSION

# libvips brings the codecs of one release of its wheel (mozjpeg, libwebp, libaom, …), so its own
# version stands for them; these distributions work beside it.
_BESIDE_LIBVIPS: dict[ImageFormat, tuple[str, ...]] = {
    ImageFormat.JPEG: ("mozjpeg-lossless-optimization", "pillow"),
    ImageFormat.PNG: ("pyoxipng",),
    ImageFormat.WEBM: ("av",),
    ImageFormat.MP4: ("av",),
}


@functools.cache
def engine_versions(image_format: ImageFormat) -> str:
    """Like the products of a `Server` header (RFC 9110, 10.2.4), the most important first.

    `engine/N` is the version in the keys of stored results: it changes when bytes do.
    """
    # Here, because whoever only reads receipts needs neither: they take a tenth of a second.
    import importlib.metadata

    import pyvips

    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    products = [f"imgproxy-py/{VERSION}", f"engine/{ENGINE_VERSION}", f"libvips/{libvips}"]
    beside = _BESIDE_LIBVIPS.get(image_format, ())
    products += [f"{name}/{importlib.metadata.version(name)}" for name in beside]
    return " ".join(products)

"""Which codecs this installation has: for the doctor, and for a start that should fail early."""

import importlib.metadata

import pyvips

from imgproxy_py.engine.formats import FORMATS, ImageFormat

_LOADERS = {
    ImageFormat.JPEG: "jpegload_source",
    ImageFormat.PNG: "pngload_source",
    ImageFormat.WEBP: "webpload_source",
    ImageFormat.AVIF: "heifload_source",
    ImageFormat.GIF: "gifload_source",
    ImageFormat.TIFF: "tiffload_source",
    ImageFormat.SVG: "svgload_source",
}
_SAVERS = {
    ImageFormat.JPEG: "jpegsave_buffer",
    ImageFormat.PNG: "pngsave_buffer",
    ImageFormat.WEBP: "webpsave_buffer",
    ImageFormat.AVIF: "heifsave_buffer",
    ImageFormat.GIF: "gifsave_buffer",
}
_REMEDY = "missing in this libvips; install pyvips-binary, which brings it along"


def codec_versions() -> dict[str, str]:
    """What does the work, and in which version; formats read and written."""
    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    present = [image_format for image_format in FORMATS if not _lacks(image_format)]
    return {
        "libvips": libvips,
        "formats": ", ".join(image_format.value for image_format in present),
        "video": _version_of("av", "not installed: pip install 'imgproxy-py[video]'"),
    }


def missing_codecs() -> dict[str, str]:
    """Formats that cannot be read or written here although they should be, with the remedy."""
    return {image_format.value: _REMEDY for image_format in FORMATS if _lacks(image_format)}


def _lacks(image_format: ImageFormat) -> bool:
    operations = (_LOADERS.get(image_format), _SAVERS.get(image_format))
    return any(name is not None and not _exists(name) for name in operations)


def _exists(operation: str) -> bool:
    found: int = pyvips.type_find("VipsOperation", operation)
    return found != 0


def _version_of(distribution: str, otherwise: str) -> str:
    try:
        return f"PyAV {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return otherwise

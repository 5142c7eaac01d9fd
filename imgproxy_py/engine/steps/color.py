"""Color: into sRGB (or gray) by the embedded ICC profile, 8 bits unless the plan keeps depth."""

import pyvips

from imgproxy_py.engine.plan import Plan

_GRAY = frozenset({"b-w", "grey16"})
_DEEP = frozenset({"rgb16", "grey16"})
_READY = frozenset({"srgb", "b-w"})


def color(image: pyvips.Image, plan: Plan) -> pyvips.Image:
    """The picture in sRGB; gray stays one band. A picture without a profile is taken for sRGB."""
    if plan.converts_color:
        image = _converted(image, depth=16 if plan.keeps_depth and image.format == "ushort" else 8)
    if not _is_ready(image, plan):
        image = image.colourspace("b-w" if image.interpretation in _GRAY else "srgb")
    return _without_extra_bands(image)


def _is_ready(image: pyvips.Image, plan: Plan) -> bool:
    if image.interpretation in _DEEP and plan.keeps_depth:
        return True
    return image.interpretation in _READY and image.format == "uchar"


def _without_extra_bands(image: pyvips.Image) -> pyvips.Image:
    """A TIFF may carry channels beyond alpha (TIFF 6.0, ExtraSamples), which mean nothing here."""
    colors = 1 if image.interpretation in _GRAY else 3
    return image[:colors] if image.bands > colors + 1 else image


def _converted(image: pyvips.Image, *, depth: int) -> pyvips.Image:
    """Relative colorimetric with black point compensation, as browsers and libvips convert.

    CMYK without a profile goes by libvips' own. A profile that cannot be used is ignored.
    """
    is_gray = image.interpretation in _GRAY
    fallback = {"input_profile": "cmyk"} if image.interpretation == "cmyk" else {}
    try:
        converted = image.icc_transform(
            "srgb",
            embedded=True,
            intent="relative",
            black_point_compensation=True,
            depth=depth,
            **fallback,
        )
    except pyvips.Error:
        return image
    return _first_band_and_alpha(converted, depth) if is_gray else converted


def _first_band_and_alpha(image: pyvips.Image, depth: int) -> pyvips.Image:
    """Gray again: sRGB made from a gray profile has three equal bands."""
    gray = image[1].bandjoin(image[image.bands - 1]) if image.hasalpha() else image[1]
    return gray.copy(interpretation="grey16" if depth == 16 else "b-w")

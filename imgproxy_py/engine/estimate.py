"""How much memory a plan needs, estimated before the first pixel, so that work can be admitted."""

from imgproxy_py.engine.decode import jpeg_shrink, webp_scale
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.plan import Plan

# Codec state, thread stacks and the rows that libvips keeps around a resize.
_BASE_BYTES = 16 << 20
_ROWS_IN_FLIGHT = 1024
# libjpeg keeps a 16-bit coefficient per sample until the last scan of a progressive JPEG.
_COEFFICIENT_BYTES = 2
# Frames are composed on a canvas, with one more behind it (libnsgif, libwebp, FFmpeg): RGBA.
_CANVAS_BYTES = 3 * 4
_AVIF_BYTES = 16


def estimate_memory(facts: SourceFacts, plan: Plan) -> int:
    """Bytes that decoding and rendering need at their highest point; rather too many than few."""
    sample_bytes = max(1, facts.bits // 8)
    pixel_bytes = max(3, facts.bands) * sample_bytes
    source_pixels = facts.width * facts.height
    loaded_pixels = int(source_pixels * _load_scale(facts, plan) ** 2)
    result = plan.result.width * plan.result.height
    resized = plan.resized.width * plan.resized.height
    turned = resized if plan.orientation > 2 or plan.attention else 0
    return (
        _BASE_BYTES
        + _decoder_bytes(facts, loaded_pixels, pixel_bytes)
        + (loaded_pixels * pixel_bytes if plan.trims else 0)
        + min(facts.height, _ROWS_IN_FLIGHT) * facts.width * pixel_bytes
        # The result, and once more while an idle alpha channel is dropped, or while it is decided
        # what of an animation stays still.
        + (turned + (2 if facts.has_alpha or facts.is_animated else 1) * result * facts.frames)
        * pixel_bytes
    )


def _load_scale(facts: SourceFacts, plan: Plan) -> float:
    match facts.format:
        case ImageFormat.JPEG:
            return 1 / jpeg_shrink(plan)
        case ImageFormat.WEBP if not facts.is_animated:
            return webp_scale(plan)
        case ImageFormat.SVG:
            return plan.scale
        case _:
            return 1.0


def _decoder_bytes(facts: SourceFacts, loaded_pixels: int, pixel_bytes: int) -> int:
    """What the decoder itself keeps; little for those that give row after row."""
    pixels = facts.width * facts.height
    if facts.is_animated:
        return pixels * _CANVAS_BYTES
    match facts.format:
        case ImageFormat.JPEG:
            return pixels * facts.bands * _COEFFICIENT_BYTES if facts.is_interlaced else 0
        case ImageFormat.PNG:
            return pixels * pixel_bytes if facts.is_interlaced else 0
        case ImageFormat.AVIF:
            # Reference frames, planes and interleaved RGB: measured 15 bytes a pixel.
            return pixels * _AVIF_BYTES * (2 if facts.bits > 8 else 1)
        case ImageFormat.GIF:
            return pixels * _CANVAS_BYTES
        case ImageFormat.BMP:
            return 3 * pixels * 4
        case _:
            return loaded_pixels * max(4, pixel_bytes)

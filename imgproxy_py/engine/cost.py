"""What a contest will cost, from experience: long ones give an early answer first."""

from imgproxy_py.engine import encode
from imgproxy_py.engine.encode import Recipe

# Seconds of CPU per megapixel of all frames, with every attempt of a search and its scores,
# rounded up from what two busy cores took.
_SECONDS_PER_MEGAPIXEL: dict[Recipe, float] = {
    encode.JPEG: 0.4,
    encode.FULL_CHROMA_JPEG: 0.6,
    encode.MASKED_JPEG: 0.4,
    encode.PALETTE_PNG: 3.0,
    encode.FLAT_PALETTE_PNG: 3.0,
    encode.LOSSLESS_PNG: 0.7,
    encode.WEBP: 0.5,
    encode.LOSSLESS_WEBP: 0.6,
    encode.PALETTE_WEBP: 2.5,
    encode.FLAT_PALETTE_WEBP: 2.5,
    encode.NEAR_LOSSLESS_WEBP: 1.5,
    encode.AVIF: 1.0,
    encode.FULL_CHROMA_AVIF: 1.4,
    encode.LOSSLESS_AVIF: 1.0,
    encode.GIF: 1.0,
    encode.WEBM: 0.9,
    encode.MP4: 0.2,
}
# From here on an early, larger answer is worth the time that it takes itself.
_LONG_SECONDS = 1.5
# Other requests have the processors too.
_BUSY_FACTOR = 2.0


def is_long(recipes: tuple[Recipe, ...], pixels: int, seconds_left: float | None = None) -> bool:
    """Whether somebody with a deadline may not see the end of it. `pixels` are of all frames."""
    seconds = sum(_SECONDS_PER_MEGAPIXEL[recipe] for recipe in recipes) * pixels / 1e6
    return seconds >= _LONG_SECONDS or (
        seconds_left is not None and seconds * _BUSY_FACTOR >= seconds_left
    )

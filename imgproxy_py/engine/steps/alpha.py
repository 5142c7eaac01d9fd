"""Alpha that hides nothing: found and dropped once the result lies in memory."""

import pyvips


def without_idle_alpha(image: pyvips.Image) -> pyvips.Image:
    """`image`, which lies in memory, without an alpha channel that is opaque everywhere.

    Screenshots and composed GIF frames are opaque more often than not; without the channel
    every format is open to them.
    """
    opaque = 65_535 if image.format == "ushort" else 255
    if not image.hasalpha() or image[image.bands - 1].min() < opaque:
        return image
    return image[: image.bands - 1].copy_memory()

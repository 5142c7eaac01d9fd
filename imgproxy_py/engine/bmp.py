"""BMP through Pillow, which libvips cannot read; Pillow's BMP decoder alone, named explicitly."""

import io

import pyvips

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.source import SourceBytes


def decode_bmp(source: SourceBytes) -> pyvips.Image:
    """The picture in memory; its size was checked from the header before."""
    from PIL import BmpImagePlugin, Image  # only BMP pays for Pillow's import

    try:
        with BmpImagePlugin.BmpImageFile(io.BytesIO(source.view())) as picture:
            picture.load()
            mode = picture.mode if picture.mode in ("L", "RGB", "RGBA") else "RGB"
            pixels = picture if picture.mode == mode else picture.convert(mode)
            data, size = pixels.tobytes(), pixels.size
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise BrokenImage("the source image is damaged: its BMP data cannot be decoded") from error
    bands = len(mode)
    image = pyvips.Image.new_from_memory(data, *size, bands, "uchar")
    return image.copy(interpretation="b-w" if bands == 1 else "srgb")

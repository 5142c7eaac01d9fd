"""Strip: the source's own bytes without what is private in them, and without touching a pixel."""

from mmap import mmap

from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.strip.avif import strip_avif
from imgproxy_py.engine.strip.gif import strip_gif
from imgproxy_py.engine.strip.jpeg import strip_jpeg
from imgproxy_py.engine.strip.png import strip_png
from imgproxy_py.engine.strip.webp import strip_webp
from imgproxy_py.engine.svg import clean_svg
from imgproxy_py.engine.unstrippable import NotStrippableError


def strip(data: bytes | mmap, facts: SourceFacts) -> bytes | None:
    """Only colors (the ICC profile), looping and an orientation stay beside the pixels.

    None when the file's structure is not clear enough to promise that.
    """
    try:
        return _strip(data, facts.format, facts.orientation)
    except NotStrippableError:
        return None


def _strip(data: bytes | mmap, image_format: ImageFormat, orientation: int) -> bytes | None:
    match image_format:
        case ImageFormat.JPEG:
            return strip_jpeg(data, orientation=orientation)
        case ImageFormat.PNG:
            return strip_png(data, orientation=orientation)
        case ImageFormat.WEBP:
            return strip_webp(data, orientation=orientation)
        case ImageFormat.AVIF:
            return strip_avif(data)
        case ImageFormat.GIF:
            return strip_gif(data)
        case ImageFormat.SVG:
            return clean_svg(bytes(data))
    return None

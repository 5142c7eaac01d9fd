"""Inspect: what a source's header says, and whether it may be decoded at all.

Nothing here touches a pixel. Formats whose headers come first are read as they arrive.
"""

import base64
import binascii
import tempfile

from imgproxy_py.engine import sniff, svg_guard, vips
from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge, NotAnImage
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers.bmp import read_bmp
from imgproxy_py.engine.headers.jpeg import read_jpeg, refuse_scan_bomb
from imgproxy_py.engine.headers.libvips import read_with_libvips
from imgproxy_py.engine.headers.png import read_png
from imgproxy_py.engine.headers.reader import HeaderReader
from imgproxy_py.engine.headers.webp import canvas_size, read_webp
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.source import SourceBytes

_READERS = {
    ImageFormat.JPEG: read_jpeg,
    ImageFormat.PNG: read_png,
    ImageFormat.WEBP: read_webp,
    ImageFormat.BMP: read_bmp,
}


def inspect(source: SourceBytes, limits: Limits) -> SourceFacts:
    """The source's facts; raises NotAnImage, BrokenImage or ImageTooLarge."""
    vips.set_up()
    head = source.head()
    reader = HeaderReader(source, head)
    image_format = sniffed(source, head)
    if image_format is ImageFormat.SVG:
        return _inspect_svg(source, limits)
    if image_format is ImageFormat.WEBP and (canvas := canvas_size(reader)):
        # A large canvas is refused before its frames are waited for.
        check_size(*canvas, limits)
    if image_format in _READERS:
        facts = _READERS[image_format](reader)
    else:
        facts = read_with_libvips(source, image_format)
    check(facts, limits)
    if image_format is ImageFormat.JPEG and facts.is_interlaced:
        # This waits for all of it, as decoding would: the first pixel needs the last scan.
        refuse_scan_bomb(reader)
    return facts


def check(facts: SourceFacts, limits: Limits) -> None:
    """Raise when the declared picture is empty or larger than the limits."""
    check_size(facts.width, facts.height, limits)
    if facts.frames > limits.max_frames:
        raise ImageTooLarge(
            f"the source image has {facts.frames} frames; at most {limits.max_frames} are accepted"
        )
    pixels = facts.width * facts.height * facts.frames
    if pixels > limits.max_pixels:
        raise ImageTooLarge(
            f"the source image has {pixels} pixels in {facts.frames} frames; "
            f"at most {limits.max_pixels} are accepted"
        )


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raise BrokenImage for an empty picture and ImageTooLarge for one over the limits."""
    if width < 1 or height < 1:
        raise BrokenImage(f"the source image is damaged: it declares {width}x{height} pixels")
    if max(width, height) > limits.max_side_pixels:
        raise ImageTooLarge(
            f"the source image is {width}x{height} pixels; "
            f"at most {limits.max_side_pixels} a side are accepted"
        )
    if width * height > limits.max_pixels:
        raise ImageTooLarge(
            f"the source image is {width}x{height}, {width * height} pixels; "
            f"at most {limits.max_pixels} are accepted"
        )


def sniffed(source: SourceBytes, head: bytes) -> ImageFormat:
    """The format that the bytes say; of an SVG it may take more than the head to see it."""
    try:
        return sniff.sniff(head)
    except NotAnImage:
        if not sniff.may_be_long_svg(head):
            raise
        return sniff.sniff(source.head(sniff.SVG_HEAD_BYTES))


def _inspect_svg(source: SourceBytes, limits: Limits) -> SourceFacts:
    """Count the work first, then let librsvg say how large the picture is."""
    work = svg_guard.read_svg(source.head(svg_guard.MAX_SVG_BYTES + 1))
    for text in work.embedded:
        _inspect_embedded(text, limits)
    facts = read_with_libvips(source, ImageFormat.SVG)
    check(facts, limits)
    svg_guard.refuse_filter_bomb(work, pixels=facts.width * facts.height)
    return facts


def _inspect_embedded(text: str, limits: Limits) -> None:
    """A picture inside an SVG obeys the same limits: `svg_embedded_png_bomb.svg` has 900 MP."""
    try:
        data = base64.b64decode(text)
    except binascii.Error as error:
        raise BrokenImage("the SVG is damaged: a picture inside it is not base64") from error
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        inspect(SourceBytes(file.fileno()), limits)

"""A first look at the files of a batch: what their first bytes rule out is refused at once.

This runs in the web process, so only readers of ours look, no codec does, and they do not look far:
GIF, AVIF, TIFF and SVG are told by their kind alone. Whatever is hidden deeper, the engine finds.
"""

from collections.abc import Sequence

from imgproxy_py.engine import inspect
from imgproxy_py.engine.errors import EngineError
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.headers.bmp import read_bmp
from imgproxy_py.engine.headers.jpeg import read_jpeg
from imgproxy_py.engine.headers.png import read_png
from imgproxy_py.engine.headers.reader import HeaderReader
from imgproxy_py.engine.headers.webp import canvas_size, read_webp
from imgproxy_py.engine.job import Limits
from imgproxy_py.engine.source import SourceBytes

# Headers of cameras take about twenty reads; a PNG of tiny chunks could ask for thousands.
MAX_READS = 64
MAX_READ_BYTES = 4 << 20

_READERS = {
    ImageFormat.JPEG: read_jpeg,
    ImageFormat.PNG: read_png,
    ImageFormat.WEBP: read_webp,
    ImageFormat.BMP: read_bmp,
}


def first_look_at_all(fds: Sequence[int], limits: Limits) -> list[EngineError | None]:
    """What each file shows to be wrong with it; for a thread."""
    return [first_look(fd, limits) for fd in fds]


def first_look(fd: int, limits: Limits) -> EngineError | None:
    """NotAnImage, BrokenImage or ImageTooLarge; None where nothing is wrong as far as one sees."""
    source = _Shallow(fd)
    try:
        _look(source, limits)
    except EngineError as error:
        return error
    except _TooDeep:
        return None
    return None


def _look(source: SourceBytes, limits: Limits) -> None:
    head = source.head()
    image_format = inspect.sniffed(source, head)
    reader = HeaderReader(source, head)
    if image_format is ImageFormat.WEBP and (canvas := canvas_size(reader)):
        inspect.check_size(*canvas, limits)
    if image_format in _READERS:
        inspect.check(_READERS[image_format](reader), limits)
    elif image_format is ImageFormat.GIF and len(head) >= 10:
        # The logical screen (GIF89a, section 18).
        width, height = (int.from_bytes(head[at : at + 2], "little") for at in (6, 8))
        inspect.check_size(width, height, limits)


class _TooDeep(Exception):
    """The header goes on for longer than a first look does."""


class _Shallow(SourceBytes):
    """A complete source of which only so much may be read."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd)
        self._reads = 0
        self._read_bytes = 0

    def read_at(self, offset: int, count: int) -> bytes:
        self._reads += 1
        self._read_bytes += count
        if self._reads > MAX_READS or self._read_bytes > MAX_READ_BYTES:
            raise _TooDeep
        return super().read_at(offset, count)

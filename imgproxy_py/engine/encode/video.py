"""WebM (VP9) and MP4 (H.264) of an animation, through PyAV, which is an optional part.

Both are 4:2:0, which needs even sides: an odd one grows by one pixel, a repeat of the last row or
column. Neither carries alpha: it is laid on the background. A video does not loop by itself; the
page says so (`<video loop>`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.errors import BrokenImage, FormatUnavailable
from imgproxy_py.engine.formats import ImageFormat

if TYPE_CHECKING:
    import av

# Delays are milliseconds, and so is the clock of both files.
_TICK = Fraction(1, 1000)
# Browsers show a frame that asks for less than 11 ms for 100.
_SHORTEST_DELAY_MS = 11
_USUAL_DELAY_MS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Codec:
    """One row per video format; `rate_factors` are (target score, CRF), falling."""

    name: str
    container: str
    options: dict[str, str]
    container_options: dict[str, str]
    rate_factors: tuple[tuple[float, int], ...]


_CODECS = {
    ImageFormat.WEBM: _Codec(
        name="libvpx-vp9",
        container="webm",
        options={"b": "0", "deadline": "good", "cpu-used": "4", "row-mt": "1"},
        container_options={},
        rate_factors=((90, 24), (80, 30), (70, 34), (0, 38)),
    ),
    ImageFormat.MP4: _Codec(
        name="libx264",
        container="mp4",
        # Without B-frames (3 % more bytes): their delay takes the last frame out of the edit list.
        options={"preset": "medium", "profile": "high", "bf": "0"},
        container_options={"movflags": "faststart"},
        rate_factors=((90, 17), (80, 20), (70, 23), (0, 27)),
    ),
}


def encode_webm(brief: Brief, _quality: int) -> bytes:
    return _encode(brief, ImageFormat.WEBM)


def encode_mp4(brief: Brief, _quality: int) -> bytes:
    return _encode(brief, ImageFormat.MP4)


def even(side: int) -> int:
    """The side of the video for a side of the picture."""
    return side + side % 2


def require_codec(image_format: ImageFormat) -> None:
    """Raises FormatUnavailable when PyAV is not installed or lacks the encoder."""
    _library(image_format)


def _library(image_format: ImageFormat) -> Any:
    try:
        import av
    except ImportError as error:
        raise FormatUnavailable(
            f"format={image_format.value.replace('mp4', 'h264')} needs PyAV, which is not"
            " installed here; remedy: pip install imgproxy-py[video]"
        ) from error
    return av


def _encode(brief: Brief, image_format: ImageFormat) -> bytes:
    av = _library(image_format)
    av.logging.set_level(av.logging.PANIC)
    # The faststart of MP4 opens its file a second time, by name: a file that is only memory.
    fd = os.memfd_create("video")
    try:
        _write(av, f"/proc/self/fd/{fd}", brief, _CODECS[image_format])
        return os.pread(fd, os.fstat(fd).st_size, 0)
    except av.FFmpegError as error:
        raise BrokenImage(f"the animation could not be made a video: {error}") from error
    finally:
        os.close(fd)


def _write(av: Any, path: str, brief: Brief, codec: _Codec) -> None:
    with av.open(path, "w", format=codec.container, options=codec.container_options) as container:
        stream = _add_stream(container, brief, codec)
        packets = []
        for frame in _frames(av, brief):
            packets += stream.encode(frame)
        packets += stream.encode()
        # The muxers know how long a frame stays from the next one; the last has no next.
        first, last = packets[0], packets[-1]
        last.duration = sum(_delays_ms(brief)) - (last.dts - first.dts)
        for packet in packets:
            container.mux(packet)


def _add_stream(container: Any, brief: Brief, codec: _Codec) -> Any:
    crf = next(factor for at, factor in codec.rate_factors if brief.target >= at)
    options = codec.options | {"crf": str(crf)}
    stream = container.add_stream(codec.name, rate=1000, options=options)
    stream.width, stream.height = even(brief.rendered.width), even(brief.rendered.page_height)
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = _TICK
    # ISO/IEC 23091-2: BT.709 primaries and matrix, sRGB's transfer, limited range.
    context = stream.codec_context
    context.color_primaries, context.color_trc, context.colorspace = 1, 13, 1
    context.color_range = 1
    return stream


def _delays_ms(brief: Brief) -> list[int]:
    delays = list(brief.rendered.delays_ms) or [_USUAL_DELAY_MS] * brief.rendered.frames
    return [delay if delay >= _SHORTEST_DELAY_MS else _USUAL_DELAY_MS for delay in delays]


def _frames(av: Any, brief: Brief) -> "Iterator[av.VideoFrame]":
    """Each page as YUV, stamped with the moment it appears."""
    tall = brief.animation(allows_alpha=False)
    if tall.bands == 1:
        tall = tall.bandjoin([tall, tall])
    at_ms, page = 0, brief.rendered.page_height
    for index, delay_ms in enumerate(_delays_ms(brief)):
        picture = tall.crop(0, index * page, tall.width, page)
        frame = _rgb_frame(av, picture)
        frame = frame.reformat(format="yuv420p", src_colorspace="ITU709", dst_colorspace="ITU709")
        frame.pts, frame.time_base = at_ms, _TICK
        at_ms += delay_ms
        yield frame


def _rgb_frame(av: Any, picture: pyvips.Image) -> Any:
    """libvips packs rows, FFmpeg aligns them: the picture grows to the aligned width."""
    width, height = even(picture.width), even(picture.height)
    frame = av.VideoFrame(width, height, "rgb24")
    plane = frame.planes[0]
    picture = picture.embed(0, 0, width, height, extend="copy")
    row_bytes, data = width * 3, picture.write_to_memory()
    if plane.line_size != row_bytes:
        padding = bytes(plane.line_size - row_bytes)
        starts = range(0, len(data), row_bytes)
        data = b"".join(data[start : start + row_bytes] + padding for start in starts)
    plane.update(data)
    return frame

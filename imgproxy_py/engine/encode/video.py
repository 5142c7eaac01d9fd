"""WebM (VP9) and MP4 (H.264) of an animation, through PyAV, which is an optional part.

Both are 4:2:0, which needs even sides: an odd one grows by one pixel, a repeat of the last row or
column. Neither carries alpha: it is laid on the background. A video does not loop by itself; the
page says so (`<video loop>`).
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyvips

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.encode.video_codecs import CODECS, VideoCodec, settings
from imgproxy_py.engine.errors import BrokenImage, FormatUnavailable
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.timeline import shown_delays_ms

if TYPE_CHECKING:
    import av

# Delays are milliseconds, and so is the clock of both files.
_TICK = Fraction(1, 1000)


def encode_webm(brief: Brief, quality: int) -> bytes:
    """VP9; `quality` is 100 less its constant quality level."""
    return _encode(brief, ImageFormat.WEBM, quality)


def encode_mp4(brief: Brief, quality: int) -> bytes:
    """H.264; `quality` is 100 less its constant rate factor."""
    return _encode(brief, ImageFormat.MP4, quality)


def even(side: int) -> int:
    """The side of the video for a side of the picture."""
    return side + side % 2


def _library(image_format: ImageFormat) -> Any:
    try:
        import av
    except ImportError as error:
        raise FormatUnavailable(
            f"format={image_format.value.replace('mp4', 'h264')} needs PyAV, which is not"
            " installed here; remedy: pip install imgproxy-py[video]"
        ) from error
    return av


def _encode(brief: Brief, image_format: ImageFormat, quality: int) -> bytes:
    av = _library(image_format)
    av.logging.set_level(av.logging.PANIC)
    # The faststart of MP4 opens its file a second time, by name: a file that is only memory.
    fd = os.memfd_create("video")
    try:
        _write(av, f"/proc/self/fd/{fd}", brief, CODECS[image_format], quality)
        return os.pread(fd, os.fstat(fd).st_size, 0)
    except av.FFmpegError as error:
        raise BrokenImage(f"the animation could not be made a video: {error}") from error
    finally:
        os.close(fd)


def _write(av: Any, path: str, brief: Brief, codec: VideoCodec, quality: int) -> None:
    with av.open(path, "w", format=codec.container, options=codec.container_options) as container:
        stream = _add_stream(container, brief, codec, quality)
        packets = []
        for frame in _frames(av, brief):
            packets += stream.encode(frame)
        packets += stream.encode()
        # The muxers know how long a frame stays from the next one; the last has no next.
        first, last = packets[0], packets[-1]
        last.duration = sum(shown_delays_ms(brief.rendered)) - (last.dts - first.dts)
        for packet in _filtered(av, packets, codec):
            packet.stream = stream
            container.mux(packet)


def _filtered(av: Any, packets: list[Any], codec: VideoCodec) -> list[Any]:
    if codec.packet_filter is None:
        return packets
    sieve = av.bitstream.BitStreamFilterContext(codec.packet_filter, packets[0].stream)
    return [kept for packet in packets for kept in sieve.filter(packet)]


def _add_stream(container: Any, brief: Brief, codec: VideoCodec, quality: int) -> Any:
    # The level that the file asks of a player goes by the shortest delay.
    rate = Fraction(1000, min(shown_delays_ms(brief.rendered)))
    options = settings(codec, brief, quality)
    stream = container.add_stream(codec.name, rate=rate, options=options)
    stream.width, stream.height = even(brief.rendered.width), even(brief.rendered.page_height)
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = _TICK
    # ISO/IEC 23091-2: BT.709 primaries and matrix, sRGB's transfer, limited range.
    context = stream.codec_context
    context.color_primaries, context.color_trc, context.colorspace = 1, 13, 1
    context.color_range = 1
    return stream


def _frames(av: Any, brief: Brief) -> "Iterator[av.VideoFrame]":
    """Each page as YUV, stamped with the moment it appears."""
    tall = brief.animation(allows_alpha=False)
    if tall.bands == 1:
        tall = tall.bandjoin([tall, tall])
    at_ms, page = 0, brief.rendered.page_height
    for index, delay_ms in enumerate(shown_delays_ms(brief.rendered)):
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

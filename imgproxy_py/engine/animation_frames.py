"""Pixels of an animated result at given moments, whatever carries them."""

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyvips

from imgproxy_py.engine.errors import BrokenImage
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.pixels import Pixels, array_of
from imgproxy_py.engine.timeline import USUAL_DELAY_MS, as_shown, frame_at
from options_grammar.options import Color

if TYPE_CHECKING:
    import av

_CONTAINERS = {ImageFormat.WEBM: "webm", ImageFormat.MP4: "mp4"}


def frames_shown_at(
    moments_ms: Sequence[float],
    data: bytes,
    image_format: ImageFormat,
    *,
    background: Color | None,
    size: tuple[int, int],
) -> list[Pixels]:
    """The frame on the screen at each of the rising moments, its left top part of `size`.

    `background` lies under what is transparent; None keeps alpha. Raises BrokenImage.
    """
    if image_format in _CONTAINERS:
        return list(_of_video(moments_ms, data, image_format, size))
    try:
        return _of_picture(moments_ms, data, background)
    except pyvips.Error as error:
        raise BrokenImage("a result could not be read back") from error


def page(tall: pyvips.Image, number: int, height: int) -> Pixels:
    """One frame of a tall image, in RGB or RGBA, 8 bits."""
    frame = tall.crop(0, number * height, tall.width, height)
    if frame.bands < 3:
        frame = frame.colourspace("srgb")
    return array_of(frame)


def _of_picture(moments_ms: Sequence[float], data: bytes, background: Color | None) -> list[Pixels]:
    # Sequential: frames are decoded one after the other, and only one is held.
    strip = pyvips.Image.new_from_buffer(data, "", n=-1, access="sequential")
    height = strip.get("page-height") if strip.get_typeof("page-height") else strip.height
    frames = strip.height // height
    delays = strip.get("delay") if strip.get_typeof("delay") else [USUAL_DELAY_MS] * frames
    strip = _with_alpha(strip) if background is None else _flat(strip, background)
    numbers = [frame_at(as_shown(delays[:frames]), moment) for moment in moments_ms]
    pages = {number: page(strip, number, height) for number in dict.fromkeys(numbers)}
    return [pages[number] for number in numbers]


def _with_alpha(image: pyvips.Image) -> pyvips.Image:
    return image if image.hasalpha() else image.bandjoin(255)


def _flat(image: pyvips.Image, background: Color) -> pyvips.Image:
    if not image.hasalpha():
        return image
    return image.flatten(background=[background.red, background.green, background.blue])


def _of_video(
    moments_ms: Sequence[float], data: bytes, image_format: ImageFormat, size: tuple[int, int]
) -> Iterator[Pixels]:
    import av

    try:
        # The demuxer is named: FFmpeg must not guess what our own bytes are.
        with av.open(io.BytesIO(data), mode="r", format=_CONTAINERS[image_format]) as container:
            yield from _at(moments_ms, container.decode(video=0), size)
    except av.FFmpegError as error:
        raise BrokenImage("a result could not be read back") from error


def _at(
    moments_ms: Sequence[float], frames: "Iterator[av.VideoFrame]", size: tuple[int, int]
) -> Iterator[Pixels]:
    """A frame stays until the next one comes."""
    waiting = list(moments_ms)
    shown = None
    for frame in frames:
        starts_ms = 1000 * (frame.time or 0.0)
        while waiting and starts_ms > waiting[0] and shown is not None:
            yield _rgb(shown, size)
            waiting.pop(0)
        if not waiting:
            return
        shown = frame
    if shown is None:
        raise BrokenImage("a result could not be read back: it has no frames")
    for _ in waiting:
        yield _rgb(shown, size)


def _rgb(frame: Any, size: tuple[int, int]) -> Pixels:
    """As a player shows it: BT.709, limited range."""
    width, height = size
    rgb = frame.to_ndarray(format="rgb24", src_colorspace="ITU709")
    return np.ascontiguousarray(rgb[:height, :width])

"""Frames of an animated PNG through PyAV (the extra `video`): libvips reads only the first."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pyvips

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.source import SourceBytes

if TYPE_CHECKING:
    import av

MISSING = (
    "the source is an animated PNG; only its first frame is given, "
    "because this server runs without the extra [video]"
)


def can_decode_apng() -> bool:
    return find_spec("av") is not None


def decode_apng(source: SourceBytes, facts: SourceFacts) -> Iterator[pyvips.Image]:
    """Composed frames in RGBA, full canvas each; raises BrokenImage when some are missing."""
    import av  # 40 MB of libraries, for animated PNGs only

    count = 0
    try:
        # The demuxer is named: FFmpeg must not guess (a playlist named .png would open URLs).
        with av.open(source.view(), mode="r", format="apng") as container:
            for frame in container.decode(video=0):
                count += 1
                _refuse_surplus(count, facts)
                yield _image(frame, facts)
    except (av.FFmpegError, ValueError) as error:
        raise BrokenImage("the source image is damaged: its frames cannot be decoded") from error
    if count != facts.frames:
        raise BrokenImage(
            f"the source image is damaged: it announces {facts.frames} frames and has {count}"
        )


def _refuse_surplus(count: int, facts: SourceFacts) -> None:
    if count > facts.frames:
        raise ImageTooLarge(
            f"the source image has more frames than the {facts.frames} it announces"
        )


def _image(frame: "av.VideoFrame", facts: SourceFacts) -> pyvips.Image:
    if (frame.width, frame.height) != (facts.width, facts.height):
        raise BrokenImage("the source image is damaged: a frame is not of the canvas' size")
    plane = frame.reformat(format="rgba").planes[0]
    stored = pyvips.Image.new_from_memory(
        bytes(plane), plane.line_size // 4, facts.height, 4, "uchar"
    )
    return stored.crop(0, 0, facts.width, facts.height).copy(interpretation="srgb")

"""What an animation is besides its pixels: frames, delays and loop; and what a video shows."""

import io
from dataclasses import dataclass

import pytest
import pyvips


@dataclass(frozen=True, kw_only=True)
class Animation:
    """`delays_ms` has one entry for each frame; `loop` counts plays, 0 meaning for ever."""

    frames: int
    delays_ms: tuple[int, ...]
    loop: int

    @property
    def duration_ms(self) -> int:
        return sum(self.delays_ms)

    @classmethod
    def read(cls, data: bytes) -> "Animation":
        image = pyvips.Image.new_from_buffer(data, "", n=-1)
        delays = image.get("delay") if image.get_typeof("delay") else []
        frames = image.get("n-pages") if image.get_typeof("n-pages") else 1
        loop = image.get("loop") if image.get_typeof("loop") else 0
        return cls(frames=frames, delays_ms=tuple(delays), loop=loop)


@dataclass(frozen=True, kw_only=True)
class Film:
    """A video as a player sees it; `first_colors` are those of each frame near its top left."""

    codec: str
    width_height: tuple[int, int]
    times_ms: tuple[int, ...]
    first_colors: tuple[tuple[int, ...], ...]


def film(data: bytes) -> Film:
    """Decode a video whole; skips where PyAV is not installed."""
    av = pytest.importorskip("av")
    times, colors = [], []
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        for frame in container.decode(stream):
            times.append(round(float(frame.pts * frame.time_base) * 1000))
            pixels = frame.to_ndarray(format="rgb24")
            colors.append(tuple(int(band) for band in pixels[2, 2]))
        return Film(
            codec=stream.codec_context.name.removeprefix("lib"),
            width_height=(stream.width, stream.height),
            times_ms=tuple(times),
            first_colors=tuple(colors),
        )

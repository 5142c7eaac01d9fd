"""The video encoders, one row each, and what they are told for a brief."""

from dataclasses import dataclass

from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoCodec:
    """`common` holds for every file; the rest says how hard to try.

    Somebody who waits gets the hurried settings from `hurried_from_pixels` of all frames on.
    `highest_rate_factor` is that of the worst quality. `packet_filter` is a bitstream filter.
    """

    name: str
    container: str
    common: dict[str, str]
    quick: dict[str, str]
    hurried: dict[str, str]
    live: dict[str, str]
    settled: dict[str, str]
    hurried_from_pixels: int
    highest_rate_factor: int
    container_options: dict[str, str]
    packet_filter: str | None = None


# Without FFmpeg's name and a random number, by which each file would differ from the last.
_NO_NAMES = {"fflags": "+bitexact"}

CODECS = {
    ImageFormat.WEBM: VideoCodec(
        name="libvpx-vp9",
        container="webm",
        # One thread: the same bytes on every machine, and other pictures have the other cores.
        common={"b": "0", "threads": "1"},
        # Good quality at speed 2 takes 0.1 to 0.45 s per megapixel and makes files 3 to 15 %
        # smaller than speed 4, which takes two thirds of that. Real time at speed 6 takes 0.05 to
        # 0.08 s: as small on a recording of a screen, 1.8 times as large where a camera moves.
        quick={"deadline": "realtime", "cpu-used": "8"},
        hurried={"deadline": "realtime", "cpu-used": "6"},
        live={"deadline": "good", "cpu-used": "2"},
        settled={"deadline": "good", "cpu-used": "1"},
        hurried_from_pixels=15_000_000,
        highest_rate_factor=63,
        container_options=_NO_NAMES,
    ),
    ImageFormat.MP4: VideoCodec(
        name="libx264",
        container="mp4",
        # Without B-frames (3 % more bytes): their delay takes the last frame out of the edit list.
        # With one thread the file is 5 % smaller than with two.
        common={"profile": "high", "bf": "0", "threads": "1"},
        # `medium` takes 0.02 to 0.07 s per megapixel; `slow` saves up to 5 % for up to twice that,
        # `veryfast` costs 6 to 20 % more bytes and half the time; `superfast` saves a fifth of that
        # and takes twice the bytes.
        quick={"preset": "veryfast"},
        hurried={"preset": "veryfast"},
        live={"preset": "medium"},
        settled={"preset": "slow"},
        hurried_from_pixels=30_000_000,
        highest_rate_factor=51,
        container_options=_NO_NAMES | {"movflags": "faststart"},
        # The 6 is SEI (ITU-T H.264, table 7-1): x264 spends 700 bytes on a list of its settings.
        packet_filter="filter_units=remove_types=6",
    ),
}


def settings(codec: VideoCodec, brief: Brief, quality: int) -> dict[str, str]:
    """`quality` counts the rate factor backwards: 100 is factor 0."""
    factor = min(max(100 - quality, 0), codec.highest_rate_factor)
    return codec.common | _effort(codec, brief) | {"crf": str(factor)}


def _effort(codec: VideoCodec, brief: Brief) -> dict[str, str]:
    if brief.is_quick:
        return codec.quick
    if brief.tier is Tier.SETTLED:
        return codec.settled
    return codec.hurried if brief.pixels > codec.hurried_from_pixels else codec.live

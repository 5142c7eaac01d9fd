"""A reference on one background, prepared once for all its candidates."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from imgproxy_py.engine.metric.compiled import Doubles, Floats
from imgproxy_py.engine.metric.errors import add_errors, fill_moments
from imgproxy_py.engine.metric.norms import CHANNELS
from imgproxy_py.engine.metric.picture import NO_BACKGROUND, Picture
from imgproxy_py.engine.metric.planes import planes
from imgproxy_py.engine.metric.scales import Scales

Sums = tuple[Doubles, ...]
_ALL = range(len(CHANNELS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """By scale: the channels, and their blurred means and variances. `room` is for candidates."""

    widths: tuple[int, ...]
    channels: tuple[Floats, ...]
    moments: tuple[Floats, ...]
    room: list[Scales] = field(default_factory=list)

    @classmethod
    def of(cls, picture: Picture, background: float) -> Self:
        scales = _filled(_room_for(picture), picture, background)
        return cls(
            widths=scales.widths,
            channels=scales.channels,
            moments=tuple(map(_moments, scales.channels)),
        )

    def errors(
        self, candidate: Picture, background: float, *, first: int = 0, last: int | None = None
    ) -> Sums:
        """Six sums for each channel of each scale, over the rows `first` to `last` - 1.

        Both are multiples of 16, where rows of every scale begin; no `last` means all to the end.
        """
        scales = _filled(self._take_room(candidate), candidate, background)
        errors = tuple(self._errors_at(scale, first, last, scales) for scale in _ALL)
        self.room.append(scales)
        return errors

    def _take_room(self, candidate: Picture) -> Scales:
        """Left by the last candidate; a second thread at the same time gets room of its own."""
        try:
            return self.room.pop()
        except IndexError:
            return _room_for(candidate)

    def _errors_at(self, scale: int, first: int, last: int | None, candidate: Scales) -> Doubles:
        reference = self.channels[scale]
        sums = np.zeros((len(reference), 6))
        end = reference.shape[1] if last is None else last >> scale
        moments, channels = self.moments[scale], candidate.channels[scale]
        width, begin = self.widths[scale], first >> scale
        add_errors(reference, moments, channels, width, begin, end, scale == 0, sums)
        return sums


def _room_for(picture: Picture) -> Scales:
    return Scales.empty(picture.size, is_gray=picture.is_gray)


def _filled(scales: Scales, picture: Picture, background: float) -> Scales:
    scales.fill(picture.pixels, NO_BACKGROUND if picture.is_opaque else background)
    return scales


def _moments(channels: Floats) -> Floats:
    count, height, width = channels.shape
    moments = planes(count, 2, height, width)
    fill_moments(channels, moments)
    return moments

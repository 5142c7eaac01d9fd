"""The score of an animation: some of its frames, each against the frame shown at that moment.

Encoders join neighbors that are equal, so frames are matched by time, never by number.
"""

from itertools import pairwise

from imgproxy_py.engine.animation_frames import frames_shown_at, page
from imgproxy_py.engine.encode.brief import Brief
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.frame_changes import mean_changes
from imgproxy_py.engine.metric import Reference, TiledReference
from imgproxy_py.engine.pixels import Pixels
from imgproxy_py.engine.rendered import Rendered
from imgproxy_py.engine.timeline import middles_ms, shown_delays_ms, whole_centiseconds

# Of many frames one in six is looked at; of large ones fewer, as each reference keeps 20 bytes a
# pixel, twice that with alpha.
_FRAMES_PER_SAMPLE = 6
_FEWEST_SAMPLES, _MOST_SAMPLES = 4, 8
_FEWEST_LARGE_SAMPLES, _SAMPLED_PIXELS = 3, 6_000_000
# Of frames larger than this only tiles are looked at.
_TILED_FROM_PIXELS = 6_000_000


class AnimationReference:
    """Scores animated results against the frames of a brief's rendered reference.

    Where the format carries alpha, frames are compared with theirs, else on the background.
    References are prepared once, when the first result that needs them is scored.
    """

    def __init__(self, brief: Brief, frames: tuple[int, ...]) -> None:
        self._brief = brief
        self._frames = frames
        self._references: dict[bool, list[Reference | TiledReference]] = {}

    @classmethod
    def of(cls, brief: Brief) -> "AnimationReference":
        return cls(brief, sampled_frames(brief.rendered))

    def score(self, data: bytes, image_format: ImageFormat) -> float:
        """SSIMULACRA2, 100 is equal. Raises BrokenImage when `data` cannot be read back."""
        return summary(self.scores(data, image_format))

    def scores(self, data: bytes, image_format: ImageFormat) -> list[float]:
        """One for each frame looked at, in the order of time."""
        shows_alpha = FORMATS[image_format].carries_alpha and self._brief.content.uses_alpha
        if shows_alpha not in self._references:
            self._references[shows_alpha] = [
                _prepared(pixels) for pixels in self._pages(shows_alpha)
            ]
        shown = frames_shown_at(
            self._moments_ms(image_format),
            data,
            image_format,
            background=None if shows_alpha else self._brief.background,
            size=(self._brief.rendered.width, self._brief.rendered.page_height),
        )
        pairs = zip(self._references[shows_alpha], shown, strict=True)
        return [reference.score(pixels) for reference, pixels in pairs]

    def _pages(self, shows_alpha: bool) -> list[Pixels]:
        tall = self._brief.animation(allows_alpha=shows_alpha)
        height = self._brief.rendered.page_height
        return [page(tall, number, height) for number in self._frames]

    def _moments_ms(self, image_format: ImageFormat) -> list[float]:
        """The middle of each looked at frame's time, as the format can tell the time."""
        delays_ms = shown_delays_ms(self._brief.rendered)
        if image_format is ImageFormat.GIF:
            delays_ms = whole_centiseconds(delays_ms)
        middles = middles_ms(delays_ms)
        return [middles[number] for number in self._frames]


def _prepared(pixels: Pixels) -> Reference | TiledReference:
    height, width = pixels.shape[:2]
    is_large = height * width > _TILED_FROM_PIXELS
    return TiledReference.of(pixels) if is_large else Reference.of(pixels)


def summary(scores: list[float]) -> float:
    """One number for all frames: the mean of the worse half."""
    worse = sorted(scores)[: (len(scores) + 1) // 2]
    return sum(worse) / len(worse)


def sampled_frames(rendered: Rendered) -> tuple[int, ...]:
    """Numbers of frames spread over the whole, rising.

    One of every stretch: in turn the one that changes most from the frame before it, where
    interframe coding has the most to do, and the last one, where its faults have piled up.
    """
    count = _count(rendered)
    bounds = [rendered.frames * index // count for index in range(count + 1)]
    changes = mean_changes(rendered)
    return tuple(
        end - 1 if index % 2 else max(range(start, end), key=changes.__getitem__)
        for index, (start, end) in enumerate(pairwise(bounds))
    )


def _count(rendered: Rendered) -> int:
    by_number = min(max(rendered.frames // _FRAMES_PER_SAMPLE, _FEWEST_SAMPLES), _MOST_SAMPLES)
    by_size = _SAMPLED_PIXELS // (rendered.width * rendered.page_height)
    return min(by_number, max(by_size, _FEWEST_LARGE_SAMPLES), rendered.frames)

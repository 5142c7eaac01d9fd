"""What every section of the benchmark works with: the pictures, and where measures are kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.quality.baselines import Baselines
from benchmarks.quality.curves import Curve
from benchmarks.quality.encoders import PLAIN_JPEG
from benchmarks.quality.ours import Answer, Opening, answer
from benchmarks.quality.pictures import Kind, Picture, Size, pictures
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.presets import TARGET_SCORES
from options_grammar.options import Preset

# Few, and different from one another: plain sky, fine leaves, a face, text, alpha.
QUICK = frozenset(
    {
        "evening_glow",
        "kodim05",
        "kodim15",
        "stream",
        "chart_lines_bars_alpha",
        "screenshot_browser",
        "dice_alpha",
    }
)
TIERS = (Tier.LIVE, Tier.SETTLED)


@dataclass(frozen=True, kw_only=True)
class Bench:
    corpus: Path
    baselines: Baselines
    sizes: tuple[Size, ...] = tuple(Size)
    is_quick: bool = False
    _rendered: dict[tuple[Kind, Size], tuple[Picture, ...]] = field(default_factory=dict)

    def pictures(self, kind: Kind, size: Size) -> tuple[Picture, ...]:
        """Rendered once; 40 pictures of 1.5 megapixels are 200 MB."""
        if (kind, size) not in self._rendered:
            self._rendered[kind, size] = tuple(self._chosen(kind, size))
        return self._rendered[kind, size]

    def comparable(self, kind: Kind, size: Size) -> tuple[Picture, ...]:
        """Without lossy sources that keep their size: their own faults limit the score."""
        return tuple(each for each in self.pictures(kind, size) if each.is_comparable)

    def answer(
        self, picture: Picture, opening: Opening, tier: Tier, quality: Preset | int = Preset.MEDIUM
    ) -> Answer:
        asked = TARGET_SCORES[quality] if isinstance(quality, Preset) else float(quality)
        text = str(quality)
        return answer(self.baselines, picture, opening, tier, quality=text, asked=asked)

    def plain(self, picture: Picture) -> Curve:
        return self.baselines.curve(picture, PLAIN_JPEG)

    def _chosen(self, kind: Kind, size: Size) -> Iterator[Picture]:
        for each in pictures(self.corpus, kind, size):
            if not self.is_quick or each.name in QUICK:
                yield each

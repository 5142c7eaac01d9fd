"""What an encoder is told, and the pictures it makes of that."""

from dataclasses import dataclass

import pyvips

from imgproxy_py.engine.content import Content
from imgproxy_py.engine.job import Tier
from imgproxy_py.engine.rendered import Rendered
from options_grammar.options import WHITE, Color

# VipsForeignKeep, libvips 8.18: a set of bits.
KEEP_NONE = 0
KEEP_ICC = 8
_PRIVATE_FIELDS = ("exif-data", "xmp-data", "iptc-data", "icc-profile-data", "gainmap-data")
# Plays of an animation are 16 bits in GIF and WebP.
_MAX_LOOP = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One rendered reference and what may become of it.

    `is_exact` forbids any change of a pixel, even of an invisible one. `is_quick` asks for a valid
    result soon; `tier` says how much time the best one is worth. Nothing here knows of EXIF, which
    finished bytes are given (kept_metadata.py): the picture is the same with it and without.
    """

    rendered: Rendered
    content: Content
    target: float
    background: Color = WHITE
    tier: Tier = Tier.LIVE
    is_exact: bool = False
    is_quick: bool = False

    @property
    def pixels(self) -> int:
        """Of all frames together."""
        return self.rendered.width * self.rendered.height

    @property
    def keep(self) -> int:
        """What libvips shall write beside the pixels."""
        return KEEP_ICC if self.rendered.profile is not None else KEEP_NONE

    def still(self, *, allows_alpha: bool, allows_deep: bool = False) -> pyvips.Image:
        """The first frame, with as much as the format can hold."""
        image = self.rendered.image
        if self.rendered.frames > 1:
            image = image.crop(0, 0, image.width, self.rendered.page_height)
        return self._dressed(image, allows_alpha=allows_alpha, allows_deep=allows_deep)

    def animation(self, *, allows_alpha: bool) -> pyvips.Image:
        """All frames, with the fields that the GIF and WebP encoders of libvips read."""
        rendered = self.rendered
        image = self._dressed(rendered.image, allows_alpha=allows_alpha, allows_deep=False)
        delays = list(rendered.delays_ms) or [100] * rendered.frames
        image.set_type(pyvips.GValue.gint_type, "page-height", rendered.page_height)
        image.set_type(pyvips.GValue.array_int_type, "delay", delays)
        image.set_type(pyvips.GValue.gint_type, "loop", min(rendered.loop, _MAX_LOOP))
        return image

    def _dressed(
        self, image: pyvips.Image, *, allows_alpha: bool, allows_deep: bool
    ) -> pyvips.Image:
        if image.format != "uchar" and not allows_deep:
            image = image.colourspace("srgb" if image.bands > 2 else "b-w")
        if image.hasalpha() and not (allows_alpha and self.content.uses_alpha):
            image = self._flattened(image)
        private = [field for field in _PRIVATE_FIELDS if image.get_typeof(field)]
        if not private and self.keep == KEEP_NONE and self.rendered.frames == 1:
            return image
        image = image.copy()
        for field in private:
            image.remove(field)
        if self.rendered.profile is not None:
            image.set_type(pyvips.GValue.blob_type, "icc-profile-data", self.rendered.profile)
        return image

    def _flattened(self, image: pyvips.Image) -> pyvips.Image:
        if not self.content.uses_alpha:
            return image.extract_band(0, n=image.bands - 1)
        color = self.background
        channels: list[float] = [color.red, color.green, color.blue]
        if image.bands == 2:  # BT.709 luma of the background
            channels = [0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue]
        scale = 1 if image.format == "uchar" else 257
        flat: pyvips.Image = image.flatten(background=[scale * channel for channel in channels])
        return flat

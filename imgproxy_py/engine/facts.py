"""What the header of a source image says, before any pixel is decoded."""

from dataclasses import dataclass

from imgproxy_py.engine.formats import ImageFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """Sizes are the stored ones; `orientation` 5..8 swaps them for display (EXIF 2.32, tag 0x0112).

    `delays_ms` has one entry per frame, or is empty where there is no animation; `loop` counts
    plays, 0 meaning for ever. `has_srgb_profile`: the profile is sRGB by its numbers, so that
    colors need no conversion.
    """

    format: ImageFormat
    width: int
    height: int
    orientation: int = 1
    frames: int = 1
    delays_ms: tuple[int, ...] = ()
    loop: int = 0
    has_alpha: bool = False
    bits: int = 8
    bands: int = 3
    has_icc: bool = False
    icc_name: str | None = None
    has_srgb_profile: bool = False
    is_cmyk: bool = False
    is_gray: bool = False
    is_palette: bool = False
    is_interlaced: bool = False
    is_lossless: bool = False

    @property
    def is_animated(self) -> bool:
        return self.frames > 1

    @property
    def upright_width(self) -> int:
        return self.height if self.orientation >= 5 else self.width

    @property
    def upright_height(self) -> int:
        return self.width if self.orientation >= 5 else self.height

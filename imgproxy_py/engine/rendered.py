"""The rendered reference: what the result should look like, before any encoder touched it."""

from dataclasses import dataclass, field

import pyvips


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Upright, in sRGB (or gray), at the result's size.

    `image` lies in memory, so it can be read more than once. An animation is one tall image of
    `frames` pages, each `page_height` rows, as libvips holds them. `is_source_size` means that
    no pixel was moved: neither resized, cropped, trimmed nor padded.
    `profile` is an ICC profile that must travel with the result because its colors are kept.
    `pixels` are those of an 8-bit `image` where they are at hand: rows of interleaved bands.
    `width` and `height` are the image's; asking libvips for them each time takes 20 µs.
    """

    image: pyvips.Image
    page_height: int
    frames: int = 1
    delays_ms: tuple[int, ...] = ()
    loop: int = 0
    is_source_size: bool = False
    profile: bytes | None = None
    warnings: tuple[str, ...] = ()
    pixels: memoryview | None = None
    width: int = field(init=False)
    height: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", self.image.width)
        object.__setattr__(self, "height", self.image.height)

    @property
    def has_alpha(self) -> bool:
        has_alpha: bool = self.image.hasalpha()
        return has_alpha

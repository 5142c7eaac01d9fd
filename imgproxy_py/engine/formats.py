"""Every format the engine reads or writes, one row each; code, docs and tests read this table."""

from dataclasses import dataclass
from enum import StrEnum


class ImageFormat(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    GIF = "gif"
    TIFF = "tiff"
    BMP = "bmp"
    SVG = "svg"
    WEBM = "webm"
    MP4 = "mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatRow:
    """What one format is called and what it can carry.

    `is_writable`: there is an encoder. `may_stay`: a source of it can be a result, cleaned, though
    nothing else becomes one.
    """

    media_type: str
    extension: str
    is_readable: bool = True
    is_writable: bool = True
    may_stay: bool = False
    carries_alpha: bool = False
    carries_animation: bool = False
    carries_exif: bool = False
    max_side_pixels: int = 65_500

    @property
    def is_result(self) -> bool:
        """Whether a result can be of this format."""
        return self.is_writable or self.may_stay


FORMATS: dict[ImageFormat, FormatRow] = {
    ImageFormat.JPEG: FormatRow(media_type="image/jpeg", extension="jpg", carries_exif=True),
    ImageFormat.PNG: FormatRow(
        media_type="image/png", extension="png", carries_alpha=True, carries_exif=True
    ),
    # VP8 frame headers hold 14 bits for a side (RFC 6386, section 9.1).
    ImageFormat.WEBP: FormatRow(
        media_type="image/webp",
        extension="webp",
        carries_alpha=True,
        carries_animation=True,
        carries_exif=True,
        max_side_pixels=16_383,
    ),
    ImageFormat.AVIF: FormatRow(
        media_type="image/avif",
        extension="avif",
        carries_alpha=True,
        carries_exif=True,
        max_side_pixels=16_384,
    ),
    ImageFormat.GIF: FormatRow(
        media_type="image/gif", extension="gif", carries_alpha=True, carries_animation=True
    ),
    ImageFormat.TIFF: FormatRow(
        media_type="image/tiff", extension="tif", carries_alpha=True, is_writable=False
    ),
    ImageFormat.BMP: FormatRow(media_type="image/bmp", extension="bmp", is_writable=False),
    ImageFormat.SVG: FormatRow(
        media_type="image/svg+xml",
        extension="svg",
        is_writable=False,
        may_stay=True,
        carries_alpha=True,
    ),
    ImageFormat.WEBM: FormatRow(
        media_type="video/webm", extension="webm", is_readable=False, carries_animation=True
    ),
    ImageFormat.MP4: FormatRow(
        media_type="video/mp4", extension="mp4", is_readable=False, carries_animation=True
    ),
}

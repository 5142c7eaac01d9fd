"""The tags that matter here, by the directory they stand in (EXIF 2.32, tables 4 to 8)."""

from collections.abc import Iterable
from dataclasses import dataclass

from options_grammar.options import Keep

ORIENTATION = 0x0112
EXIF_DIRECTORY, GPS_DIRECTORY, INTEROPERABILITY_DIRECTORY = 0x8769, 0x8825, 0xA005
POINTERS = frozenset({EXIF_DIRECTORY, GPS_DIRECTORY, INTEROPERABILITY_DIRECTORY})
EXIF_VERSION = 0x9000

# Artist, Copyright.
_COPYRIGHT = frozenset({0x013B, 0x8298})
# DateTimeOriginal, DateTimeDigitized (exiftool's CreateDate); the offsets from UTC and the
# fractions of seconds of all dates.
_CREATION = frozenset({0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9290, 0x9291, 0x9292})
# What a TIFF says of its picture and not of its own layout: ImageDescription, Make, Model,
# resolution (value, value, unit), Software, DateTime.
_DESCRIPTION = frozenset({0x010E, 0x010F, 0x0110, 0x011A, 0x011B, 0x0128, 0x0131, 0x0132})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Tags to keep of the first directory and of the Exif one (None: all), and the GPS one."""

    first: frozenset[int] = frozenset()
    exif: frozenset[int] | None = frozenset()
    has_location: bool = False


def wanted(keep: Iterable[Keep]) -> Wanted:
    """What `keep` means in tags."""
    kept = frozenset(keep)
    if Keep.EXIF in kept:
        return Wanted(first=_COPYRIGHT | _DESCRIPTION, exif=None, has_location=True)
    return Wanted(
        first=_COPYRIGHT if Keep.COPYRIGHT in kept else frozenset(),
        exif=_CREATION if Keep.CREATION in kept else frozenset(),
        has_location=Keep.LOCATION in kept,
    )

"""Metadata that the request wants kept: EXIF, in whole or in part, and the color profile.

EXIF is given to finished bytes. No encoder and no search knows of it, so that the picture is the
same with it and without. What cannot be kept is told in a warning, and is never an error.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from mmap import mmap

import pyvips

from imgproxy_py.engine.contender import Entry
from imgproxy_py.engine.embed import embed
from imgproxy_py.engine.exif.find import find_exif
from imgproxy_py.engine.exif.part import exif_part
from imgproxy_py.engine.exif.structure import MAX_EXIF_BYTES, ExifError
from imgproxy_py.engine.exif.tags import wanted
from imgproxy_py.engine.exif.whole import whole_exif
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import FORMATS, ImageFormat
from imgproxy_py.engine.loaders import LOADERS
from imgproxy_py.engine.source import SourceBytes
from options_grammar.options import Keep

DAMAGED = "the EXIF of the source is damaged or over 64 KB, so nothing of it was kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptExif:
    """What of the source's EXIF a result shall carry, as TIFF structures (EXIF 2.32, 4.5.2).

    `upright` goes with pixels that were turned as the source's orientation asks; `stored` goes with
    the source's own bytes and tells how to turn them. `asked` is what the request called it.
    """

    asked: str = ""
    upright: bytes | None = None
    stored: bytes | None = None
    warnings: tuple[str, ...] = ()

    def on(self, entry: Entry, own: Entry | None = None) -> tuple[Entry, tuple[str, ...]]:
        """The entry with what is kept, and warnings of what is not.

        `own` is the source's case, which bounds every entry: bytes that some formats need more of
        to hold EXIF may turn the balance on a tiny picture.
        """
        if self.upright is None and self.stored is None:
            return entry, self.warnings
        dressed = self._dressed(entry)
        if own is not None and not entry.is_own:
            kept_own = self._dressed(own)
            if len(dressed.data) > len(kept_own.data):
                entry, dressed = own, kept_own
        is_lost = dressed is entry and (self.stored if entry.is_own else self.upright) is not None
        return dressed, (*self.warnings, *((self._lost(entry.format),) if is_lost else ()))

    def _dressed(self, entry: Entry) -> Entry:
        exif = self.stored if entry.is_own else self.upright
        data = None if exif is None else embed(entry.data, entry.format, exif)
        return entry if data is None else replace(entry, data=data)

    def _lost(self, image_format: ImageFormat) -> str:
        if FORMATS[image_format].carries_exif:
            return f"keep={self.asked}: this {image_format} has no place for it, so it was left out"
        return (
            f"keep={self.asked}: {image_format} holds no EXIF, so it was left out;"
            " jpeg, png, webp and avif hold it"
        )


def keep_exif(source: SourceBytes, facts: SourceFacts, keep: Iterable[Keep]) -> KeptExif:
    """What `keep` asks for of the source, as far as it has it."""
    kept = frozenset(keep)
    found = find_exif(source.view(), facts.format) if kept else None
    if found is None:
        return KeptExif()
    try:
        upright = _kept(found, facts, kept, orientation=1)
        stored = _kept(found, facts, kept, orientation=facts.orientation)
    except ExifError:
        return KeptExif(warnings=(DAMAGED,))
    asked = "+".join(part for part in Keep if part in kept)
    return KeptExif(asked=asked, upright=upright, stored=stored)


def _kept(
    found: bytes | mmap, facts: SourceFacts, kept: frozenset[Keep], *, orientation: int
) -> bytes | None:
    """A TIFF's EXIF lies strewn over the file, so that all of it has to be written anew."""
    is_file = facts.format is ImageFormat.TIFF
    if Keep.EXIF in kept and not is_file:
        return whole_exif(bytes(found), orientation=orientation)
    # A part is never larger than the whole, or a result could be larger than its source.
    most = MAX_EXIF_BYTES if is_file else min(len(found), MAX_EXIF_BYTES)
    return exif_part(found, wanted(kept), orientation=orientation, max_bytes=most)


def kept_profile(source: SourceBytes, facts: SourceFacts) -> bytes | None:
    """The source's ICC profile as it stands."""
    if not facts.has_icc or facts.format not in LOADERS:
        return None
    try:
        header = LOADERS[facts.format](source.vips_source())
        name = "icc-profile-data"
        return bytes(header.get(name)) if header.get_typeof(name) else None
    except pyvips.Error:
        return None

"""Pictures with real EXIF, written and read back by Pillow: not by what is tested."""

import io
import struct
from functools import cache
from typing import Any

from PIL import Image, TiffImagePlugin

from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.result import Optimized
from options_grammar import parse
from tests.engine.encoding import optimized, photo

SOURCES = (
    ImageFormat.JPEG,
    ImageFormat.PNG,
    ImageFormat.WEBP,
    ImageFormat.AVIF,
    ImageFormat.TIFF,
)
CARRIERS = SOURCES[:4]
ORIENTATION, MAKE, ARTIST, COPYRIGHT = 0x0112, 0x010F, 0x013B, 0x8298
EXIF, GPS = 0x8769, 0x8825
VERSION, TAKEN, DIGITIZED, OFFSET, SUBSEC, SERIAL = 0x9000, 0x9003, 0x9004, 0x9011, 0x9291, 0xA431
COPYRIGHT_TAGS = {ARTIST: "PRIVATE_artist", COPYRIGHT: "PRIVATE_copyright"}
CREATION_TAGS = {
    VERSION: b"0232",
    TAKEN: "2024:02:29 23:59:58",
    DIGITIZED: "2024:02:29 23:59:59",
    OFFSET: "+02:00",
    SUBSEC: "75",
}
LOCATION_TAGS = {
    1: "N",
    2: (48.0, 12.0, 30.5),
    3: "E",
    4: (16.0, 22.0, 1.25),
}
Tags = dict[int, Any]


@cache
def picture(image_format: ImageFormat, *, orientation: int = 1) -> bytes:
    """A photograph as a camera leaves it."""
    file = io.BytesIO()
    pixels = photo()
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.write_to_memory())
    block = camera_exif(orientation).tobytes()
    if image_format is ImageFormat.TIFF:
        _write_tiff(image, file, orientation)
    else:
        image.save(file, image_format.value, exif=block)
    return file.getvalue()


def camera_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif.update({ORIENTATION: orientation, MAKE: "PRIVATE_maker", **COPYRIGHT_TAGS})
    exif.get_ifd(EXIF).update({**CREATION_TAGS, SERIAL: "PRIVATE_serial"})
    exif.get_ifd(GPS).update(LOCATION_TAGS)
    return exif


def _write_tiff(image: Image.Image, file: io.BytesIO, orientation: int) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    exif = camera_exif(orientation)
    tags.update(dict(exif))
    tags[EXIF] = exif.get_ifd(EXIF)
    tags[GPS] = exif.get_ifd(GPS)
    image.save(file, "TIFF", tiffinfo=tags)


def exif_of(data: bytes) -> tuple[Tags, Tags, Tags]:
    """First directory (without pointers), Exif and GPS, as Pillow reads them."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        exif = image.getexif()
        first = {tag: value for tag, value in exif.items() if tag not in (EXIF, GPS)}
        gps = {tag: _plain(value) for tag, value in exif.get_ifd(GPS).items()}
        return first, dict(exif.get_ifd(EXIF)), gps


def block_of(data: bytes) -> bytes:
    """The TIFF structure as it lies in the file."""
    with Image.open(io.BytesIO(data)) as image:
        block: bytes = image.info.get("exif", b"")
        return block.removeprefix(b"Exif\0\0")


def jpeg_with(block: bytes) -> bytes:
    """A photograph with these bytes for EXIF, sound or not."""
    sound = bytes(photo().jpegsave_buffer(keep="none"))
    body = b"Exif\0\0" + block
    return sound[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + sound[2:]


def _plain(value: Any) -> Any:
    return tuple(map(float, value)) if isinstance(value, tuple) else value


def kept(source: bytes, options: str, accepts: frozenset[ImageFormat] = frozenset()) -> Optimized:
    return optimized(source, job=Job(options=parse(options).options, accepts=accepts))


def tiff_block(
    entries: list[tuple[int, int, int, bytes]], *, behind: bytes = b"", following: int = 0
) -> bytes:
    """A big-endian TIFF structure by hand: (tag, type, count, the four bytes of the field)."""
    packed = b"".join(struct.pack(">HHI", *entry[:3]) + entry[3] for entry in entries)
    head = b"MM\0*\0\0\0\x08" + struct.pack(">H", len(entries))
    return head + packed + struct.pack(">I", following) + behind

"""What a source's first bytes say, and what they cannot make us believe."""

import pytest

from imgproxy_py.engine.errors import NotAnImage
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.sniff import sniff
from tests.engine.drawing import plain

PICTURE = plain(8, 8, (10, 20, 30))
BMP_HEAD = b"BM" + bytes(12) + (40).to_bytes(4, "little") + bytes(36)
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(PICTURE.jpegsave_buffer(), ImageFormat.JPEG, id="jpeg"),
        pytest.param(PICTURE.pngsave_buffer(), ImageFormat.PNG, id="png"),
        pytest.param(PICTURE.gifsave_buffer(), ImageFormat.GIF, id="gif"),
        pytest.param(PICTURE.webpsave_buffer(), ImageFormat.WEBP, id="webp"),
        pytest.param(PICTURE.heifsave_buffer(compression="av1"), ImageFormat.AVIF, id="avif"),
        pytest.param(PICTURE.tiffsave_buffer(), ImageFormat.TIFF, id="tiff, little endian"),
        pytest.param(b"MM\x00*" + bytes(8), ImageFormat.TIFF, id="tiff, big endian"),
        pytest.param(BMP_HEAD, ImageFormat.BMP, id="bmp"),
        pytest.param(SVG.encode(), ImageFormat.SVG, id="svg"),
        pytest.param(b"\xef\xbb\xbf" + SVG.encode(), ImageFormat.SVG, id="svg after a BOM"),
        pytest.param(SVG.encode("utf-16"), ImageFormat.SVG, id="svg in UTF-16"),
        pytest.param(SVG.encode("utf-16-be"), ImageFormat.SVG, id="svg in UTF-16 without a BOM"),
        pytest.param(
            f"<?xml version='1.0'?>\n<!-- {'license ' * 50} -->\n<!DOCTYPE svg>{SVG}".encode(),
            ImageFormat.SVG,
            id="svg after declaration, comment and document type",
        ),
        pytest.param(
            f"<!DOCTYPE svg [<!ENTITY ns 'urn:x'>]>{SVG}".encode(),
            ImageFormat.SVG,
            id="svg after an internal subset",
        ),
        pytest.param(b"<svg:svg xmlns:svg='x'/>", ImageFormat.SVG, id="svg with a prefix"),
    ],
)
def test_a_format_is_known_by_its_first_bytes(head: bytes, expected: ImageFormat) -> None:
    assert sniff(head) is expected


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        pytest.param(b"", "the source is empty", id="nothing"),
        pytest.param(b"%PDF-1.7", "a PDF document", id="PDF"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF", "a PostScript document", id="PostScript"),
        pytest.param(b"PK\x03\x04....", "a ZIP archive", id="ZIP"),
        pytest.param(b"\x1f\x8b\x08svgz", "an SVGZ has to be unpacked first", id="SVGZ"),
        pytest.param(b"\n<!doctype HTML><svg>", "an HTML page", id="HTML that holds an svg"),
        pytest.param(b'{"error": 1}', "JSON text", id="an origin's error"),
        pytest.param(b"\x00\x00\x00\x18ftypheic" + bytes(12), "a HEIC picture", id="HEIC"),
        pytest.param(b"\x00\x00\x00\x18ftypisom" + bytes(12), "a video", id="MP4"),
        pytest.param(b"#EXTM3U\n", "not a JPEG, PNG", id="a playlist that FFmpeg would follow"),
        pytest.param(b"push graphic-context", "not a JPEG, PNG", id="an ImageMagick script"),
        pytest.param(b"P6 9 9 255 ", "not a JPEG, PNG", id="PPM"),
        pytest.param(b"BM is how a text may begin", "not a JPEG, PNG", id="no BMP header"),
    ],
)
def test_what_we_do_not_read_is_refused_by_name(head: bytes, reason: str) -> None:
    with pytest.raises(NotAnImage) as refusal:
        sniff(head)

    assert reason in str(refusal.value)

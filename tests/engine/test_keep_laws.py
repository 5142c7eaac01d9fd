"""The engine's laws hold with `keep` too, and it changes nothing but what stands beside pixels."""

import hashlib
import io

import pytest
from PIL import Image

from imgproxy_py.engine.embed import embed
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.job import Job
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.verify import verify
from imgproxy_py.service.claims import Findings, checks
from options_grammar import parse
from tests.engine.answering import BOTH, NONE, WEBP
from tests.engine.encoding import decoded, source_of
from tests.engine.exif_pictures import CARRIERS, block_of, camera_exif, kept, picture

ACCEPTS = pytest.mark.parametrize("accepts", [NONE, WEBP, BOTH], ids=["none", "webp", "avif"])
KEEP = pytest.mark.parametrize("keep", ["exif", "copyright", "creation+location"])


@ACCEPTS
@KEEP
@pytest.mark.parametrize("source_format", CARRIERS)
@pytest.mark.parametrize("orientation", [1, 6])
def test_keep_changes_neither_picture_nor_score_and_is_never_larger_than_the_source(
    source_format: ImageFormat, orientation: int, keep: str, accepts: frozenset[ImageFormat]
) -> None:
    source = picture(source_format, orientation=orientation)

    plain = kept(source, "full", accepts)
    result = kept(source, f"keep={keep}", accepts)

    assert (result.format, result.score, result.quality) == (
        plain.format,
        plain.score,
        plain.quality,
    )
    assert float((decoded(result.data) - decoded(plain.data)).abs().max()) == 0
    assert len(plain.data) <= len(result.data) <= len(source)
    assert block_of(result.data)


@KEEP
@pytest.mark.parametrize("source_format", CARRIERS)
@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("quality", ["medium", "lossless"])
def test_a_result_fed_back_is_returned_byte_for_byte(
    source_format: ImageFormat, orientation: int, keep: str, quality: str
) -> None:
    source = picture(source_format, orientation=orientation)
    options = f"quality={quality},format={source_format},keep={keep}"

    once = kept(source, options)
    twice = kept(once.data, options)

    assert twice.data == once.data


@pytest.mark.parametrize("source_format", CARRIERS)
@pytest.mark.parametrize("side", [1, 3, 8, 24])
def test_a_tiny_picture_is_not_larger_for_its_new_formats_way_to_hold_exif(
    source_format: ImageFormat, side: int
) -> None:
    file = io.BytesIO()
    pixels = Image.linear_gradient("L").resize((side, side)).convert("RGB")
    pixels.save(file, source_format.value, exif=camera_exif())
    source = file.getvalue()

    for accepts in (NONE, WEBP, BOTH):
        result = kept(source, "keep=exif", accepts)

        assert len(result.data) <= len(source)
        assert block_of(result.data)
        assert kept(result.data, "keep=exif", accepts).data == result.data


@pytest.mark.parametrize("image_format", CARRIERS)
def test_embedding_replaces_and_does_not_pile_up(image_format: ImageFormat) -> None:
    plain = kept(picture(ImageFormat.JPEG), f"80,format={image_format}").data
    block = camera_exif().tobytes().removeprefix(b"Exif\0\0")

    once = embed(plain, image_format, block)
    assert once is not None

    assert block_of(once).startswith(block)
    assert embed(once, image_format, block) == once
    assert float((decoded(once) - decoded(plain)).abs().max()) == 0


@pytest.mark.parametrize("image_format", CARRIERS)
def test_a_file_of_unclear_structure_is_left_alone(image_format: ImageFormat) -> None:
    data = kept(picture(ImageFormat.JPEG), f"80,format={image_format}").data

    assert embed(data[: len(data) // 2], image_format, b"MM\0*") is None


@pytest.mark.parametrize("image_format", CARRIERS)
@pytest.mark.parametrize("options", ["100,keep=exif", "keep=copyright+location"])
def test_a_receipt_with_keep_verifies(image_format: ImageFormat, options: str) -> None:
    source = picture(image_format, orientation=6)
    options = f"{options},format={image_format}"
    result = kept(source, options)
    hashes = [hashlib.sha256(data).hexdigest() for data in (source, result.data)]
    job = Job(options=parse(options).options, verify_from=len(source))
    receipt = Receipt.of(
        result,
        options=job.options,
        source_bytes=len(source),
        source_sha256=hashes[0],
        result_sha256=hashes[1],
    )

    found = Findings(
        source_bytes=len(source),
        source_sha256=hashes[0],
        result_bytes=len(result.data),
        result_sha256=hashes[1],
        verified=verify(job, source_of(source + result.data)),
    )

    assert "keep=" in receipt.options
    held = checks(Receipt.parse(receipt.as_header()), found)
    assert [check for check in held if check.holds is not True] == []

"""Real pictures through the running server: upright, in their colors, without secrets, smaller."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import pyvips

from tests.web.asking import corpus_files, picture, size, told, upload
from tests.web.likeness import (
    corpus_data,
    difference,
    fault_of_same_size,
    moderate_pictures,
)
from tests.web.pictures import opened
from tests.web.server import Answer, RunningServer

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

ACCEPTS = {
    "nothing": "*/*",
    "webp": "image/webp,*/*",
    "avif and webp": "image/avif,image/webp,image/apng,image/*,*/*;q=0.8",
}
# What undoes each EXIF orientation (EXIF 2.32, tag 0x0112), in libvips' words.
UPRIGHT = {
    2: ("fliphor",),
    3: ("rot180",),
    4: ("flipver",),
    5: ("rot90", "fliphor"),
    6: ("rot90",),
    7: ("rot270", "fliphor"),
    8: ("rot270",),
}


class TestOrientation:
    @pytest.mark.parametrize("named", ["Landscape", "Portrait"])
    def test_all_sixteen_come_out_upright_and_alike(
        self, server: RunningServer, corpus: Path, named: str
    ) -> None:
        answers = {
            number: upload(server, "300", corpus_data(corpus, f"orientation/{named}_{number}.jpg"))
            for number in range(9)
        }

        model = picture(answers[1])
        assert size(model) == ((300, 200) if named == "Landscape" else (300, 450))
        for number, answer in answers.items():
            image = picture(answer)
            assert size(image) == size(model), number
            assert difference(image, model) < 4, number
            assert not image.get_typeof("orientation"), number

    @pytest.mark.parametrize("number", UPRIGHT)
    @pytest.mark.parametrize("options", ["full", "quality=lossless", "format=webp,quality=high"])
    def test_a_png_is_turned_as_its_exif_says(
        self, server: RunningServer, corpus: Path, number: int, options: str
    ) -> None:
        stored = opened(corpus_data(corpus, "orientation/png_exif_0.png"))

        image = picture(
            upload(server, options, corpus_data(corpus, f"orientation/png_exif_{number}.png"))
        )

        # A lossless result may leave the pixels as they lie, and keep the tag.
        shown = image.autorot()
        assert size(shown) == size(_turned(stored, number))
        assert difference(shown, _turned(stored, number)) < 3

    def test_meta_speaks_of_the_upright_picture(self, server: RunningServer, corpus: Path) -> None:
        facts = told(upload(server, "meta", corpus_data(corpus, "orientation/Portrait_6.jpg")))

        assert (facts["width"], facts["height"], facts["orientation"]) == (1200, 1800, 6)


class TestPrivacy:
    @pytest.mark.parametrize(
        "options",
        [
            *("full", "quality=low", "200", "200x200,crop=auto", "quality=lossless", "meta"),
            *(f"format={name}" for name in ("jpeg", "png", "webp", "avif", "gif")),
            *("format=png,quality=lossless", "format=webp,quality=lossless", "format=jpeg,32"),
        ],
    )
    @pytest.mark.parametrize("accept", ["nothing", "avif and webp"])
    def test_no_private_word_travels_with_any_result(
        self, server: RunningServer, corpus: Path, options: str, accept: str
    ) -> None:
        for path in [*corpus_files(corpus, "metadata"), corpus / "color/paris_p3_gainmap.jpg"]:
            answer = upload(server, options, path.read_bytes(), accept=ACCEPTS[accept])

            assert answer.status == 200
            for word in (b"PRIVATE_", "PRIVATE_".encode("utf-16-le"), b"x:xmpmeta", b"hdrgm:"):
                assert word not in answer.body, path.name
            if answer.headers["Content-Type"] != "application/json":
                _require_bare(opened(answer.body), keeps_orientation="lossless" in options)

    def test_a_phones_place_and_serial_number_are_gone(
        self, server: RunningServer, corpus: Path
    ) -> None:
        data = corpus_data(corpus, "photos/phone_12mp_gps.jpg")
        assert any("GPS" in name for name in opened(data).get_fields())

        for options in ("300", "quality=lossless"):
            image = picture(upload(server, options, data))
            assert not any("GPS" in name for name in image.get_fields())


class TestNeverLarger:
    @pytest.mark.parametrize("accept", ACCEPTS)
    @pytest.mark.parametrize("folder", ["photos", "graphics", "animated", "color", "orientation"])
    def test_a_same_size_result_never_outweighs_its_source(
        self, server: RunningServer, corpus: Path, folder: str, accept: str
    ) -> None:
        files = [path for path in corpus_files(corpus, folder) if not _is_another_turn(path)]
        if accept == "avif and webp":  # the others are looked at in test_laws_corpus.py
            files = [path for path in files if path not in moderate_pictures(corpus)]

        def ask(path: Path) -> Answer:
            return upload(server, "timeout=3", path.read_bytes(), accept=ACCEPTS[accept])

        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(ask, files))

        for path, answer in zip(files, answers, strict=True):
            assert fault_of_same_size(path, answer, ACCEPTS[accept]) == ""


def _is_another_turn(path: Path) -> bool:
    """True for the same photograph under one more orientation: some of them are enough."""
    return path.name[-6:] in {"_0.jpg", "_2.jpg", "_3.jpg", "_4.jpg", "_6.jpg", "_7.jpg"}


def _turned(image: pyvips.Image, orientation: int) -> pyvips.Image:
    for step in UPRIGHT[orientation]:
        image = getattr(image, step)()
    return image


def _require_bare(image: pyvips.Image, *, keeps_orientation: bool) -> None:
    """No EXIF, XMP or IPTC; an orientation that could not be applied is all that may be left."""
    fields = [name for name in image.get_fields() if name.startswith(("xmp", "iptc", "exif-ifd3"))]
    assert fields == []
    assert keeps_orientation or not image.get_typeof("exif-data")

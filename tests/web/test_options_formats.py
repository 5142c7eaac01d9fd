"""Formats and quality through the running server: what the answer is, and what it kept."""

from itertools import pairwise

import pytest
import pyvips

from tests.pictures import landscape
from tests.web.asking import animation, color_at, is_near, picture, size, upload, warnings
from tests.web.option_pictures import CORNERS, clear_ground, quarters
from tests.web.pictures import animated_gif, jpeg, opened
from tests.web.server import RunningServer
from tests.web.stored_pictures import deep_png, profiled_png, turned_jpeg, turned_quarters

MEDIA_TYPES = {
    "jpeg": ("image/jpeg", "jpegload_buffer"),
    "jpg": ("image/jpeg", "jpegload_buffer"),
    "png": ("image/png", "pngload_buffer"),
    "webp": ("image/webp", "webpload_buffer"),
    "avif": ("image/avif", "heifload_buffer"),
    "gif": ("image/gif", "gifload_buffer"),
}
BROWSER = "image/avif,image/webp,image/apng,image/*,*/*;q=0.8"


def photo_png() -> bytes:
    data: bytes = landscape(480, 320).pngsave_buffer(compression=1)
    return data


@pytest.mark.parametrize("options", ["full", "120x120,crop"])
@pytest.mark.parametrize("name", MEDIA_TYPES)
@pytest.mark.parametrize("source", [quarters, jpeg, clear_ground, animated_gif])
def test_a_fixed_format_is_what_comes_and_what_it_says(
    server: RunningServer, name: str, options: str, source: object
) -> None:
    data = source()  # type: ignore[operator]

    answer = upload(server, f"{options},format={name}", data, accept=BROWSER)

    media_type, loader = MEDIA_TYPES[name]
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Vary"] is None
    image = getattr(pyvips.Image, loader)(answer.body)
    assert image.avg() >= 0
    expected = (120, 120) if "crop" in options else size(opened(data))
    assert (image.width, image.height) == expected


@pytest.mark.parametrize(
    ("accept", "source", "allowed"),
    [
        ("*/*", jpeg, {"image/jpeg"}),
        ("", jpeg, {"image/jpeg"}),
        ("image/*", photo_png, {"image/jpeg", "image/png"}),
        ("*/*", clear_ground, {"image/png"}),
        ("*/*", animated_gif, {"image/gif"}),
        ("image/webp,*/*", jpeg, {"image/webp", "image/jpeg"}),
        ("image/webp,*/*", clear_ground, {"image/webp", "image/png"}),
        ("image/webp,*/*", animated_gif, {"image/webp", "image/gif"}),
        (BROWSER, photo_png, {"image/avif"}),
        (BROWSER, jpeg, {"image/avif", "image/webp", "image/jpeg"}),
        ("image/avif;q=0,image/webp;q=0,*/*", photo_png, {"image/jpeg", "image/png"}),
    ],
)
def test_accept_opens_formats_and_nothing_else_does(
    server: RunningServer, accept: str, source: object, allowed: set[str]
) -> None:
    answer = upload(server, "full", source(), accept=accept)  # type: ignore[operator]

    assert answer.status == 200
    assert answer.headers["Content-Type"] in allowed
    assert answer.headers["Vary"] == "Accept"
    assert len(answer.body) <= len(source())  # type: ignore[operator]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", ["full", "60"])
def test_a_turned_source_is_upright_in_every_format(
    server: RunningServer, orientation: int, options: str
) -> None:
    data = turned_quarters(orientation)

    for name in ("jpeg", "png", "webp", "avif", "gif"):
        image = picture(upload(server, f"{options},format={name}", data))
        assert size(image) == ((120, 80) if options == "full" else (60, 40)), name
        for (x, y), color in CORNERS.items():
            assert is_near(color_at(image, x, y), color, tolerance=32), name


@pytest.mark.parametrize("named", ["jpeg", "webp", "avif"])
def test_a_better_preset_never_weighs_less(server: RunningServer, named: str) -> None:
    presets = ("1", "30", "low", "medium", "high", "95")
    answers = [
        upload(server, f"300,quality={preset},format={named}", photo_png()) for preset in presets
    ]

    weights = [len(answer.body) for answer in answers]
    assert [lower <= higher for lower, higher in pairwise(weights)] == [True] * 5
    assert weights[2] < weights[3] < weights[4]
    shape = opened(photo_png()).resize(300 / 480)
    errors = [(opened(answer.body).colourspace("srgb") - shape).abs().avg() for answer in answers]
    assert errors[0] > errors[2] > errors[4]
    assert errors[4] < 4


def test_dense_screens_get_fewer_bytes_of_the_same_pixels(server: RunningServer) -> None:
    once, twice, thrice = (
        upload(server, options, photo_png()) for options in ("300,1x", "150,2x", "100,3x")
    )

    assert size(picture(once)) == size(picture(twice)) == size(picture(thrice))
    assert len(once.body) > len(twice.body) > len(thrice.body)


def test_a_jpeg_is_never_encoded_above_its_own_quality(server: RunningServer) -> None:
    poor: bytes = landscape(480, 320).jpegsave_buffer(Q=30)

    for options in ("quality=high", "quality=95", "quality=high,format=jpeg"):
        answer = upload(server, options, poor)
        assert len(answer.body) <= len(poor)
        assert picture(answer).width == 480


class TestLossless:
    @pytest.mark.parametrize("accept", ["*/*", "image/webp,*/*", BROWSER])
    @pytest.mark.parametrize("source", [quarters, clear_ground, photo_png, jpeg, deep_png])
    def test_no_pixel_changes(self, server: RunningServer, accept: str, source: object) -> None:
        data = source()  # type: ignore[operator]

        answer = upload(server, "quality=lossless", data, accept=accept)

        assert _is_equal(picture(answer), opened(data))
        assert warnings(answer) == []
        assert len(answer.body) <= len(data)

    @pytest.mark.parametrize("named", ["png", "webp", "avif"])
    def test_no_pixel_changes_in_a_format_that_was_asked_for(
        self, server: RunningServer, named: str
    ) -> None:
        answer = upload(server, f"quality=lossless,format={named}", photo_png())

        assert _is_equal(picture(answer), opened(photo_png()))
        assert warnings(answer) == []

    def test_sixteen_bits_stay_sixteen(self, server: RunningServer) -> None:
        assert picture(upload(server, "quality=lossless", deep_png())).format == "ushort"

    def test_the_color_profile_stays(self, server: RunningServer) -> None:
        data = profiled_png()

        image = picture(upload(server, "quality=lossless", data))

        assert image.get("icc-profile-data") == opened(data).get("icc-profile-data")
        assert _is_equal(image, opened(data))

    def test_an_orientation_stays_as_a_tag_and_other_metadata_goes(
        self, server: RunningServer
    ) -> None:
        data = turned_jpeg()
        assert b"PRIVATE" in data

        answer = upload(server, "quality=lossless", data)

        image = picture(answer)
        assert image.get("orientation") == 6
        assert b"PRIVATE" not in answer.body
        assert _is_equal(image, opened(data))

    def test_every_frame_of_an_animation_stays(self, server: RunningServer) -> None:
        for accept in ("*/*", "image/webp"):
            answer = upload(server, "quality=lossless", animated_gif(), accept=accept)

            frames = pyvips.Image.new_from_buffer(animated_gif(), "", n=-1)
            assert _is_equal(animation(answer), frames)


def _is_equal(image: pyvips.Image, other: pyvips.Image) -> bool:
    """Every pixel the same, be it written with one band, with three, or with an idle alpha."""
    pair = [each if each.bands > 2 else each.colourspace(_space(each)) for each in (image, other)]
    if pair[0].bands != pair[1].bands:
        pair = [each if each.hasalpha() else each.addalpha() for each in pair]
    if pair[0].hasalpha():
        # What a fully transparent pixel hides is not seen, and may be written as it is smallest.
        clear = [each[3] == 0 for each in pair]
        pair = [mask.ifthenelse([0, 0, 0, 0], each) for mask, each in zip(clear, pair, strict=True)]
    difference: float = (pair[0] - pair[1]).abs().max()
    return difference == 0


def _space(image: pyvips.Image) -> str:
    return "rgb16" if image.format == "ushort" else "srgb"

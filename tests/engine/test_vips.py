"""libvips as we set it up: deaf to most formats, forgetful, and translated."""

import contextlib

import pytest
import pyvips

from imgproxy_py.engine.errors import BrokenImage, ImageTooLarge
from imgproxy_py.engine.vips import Translated, engine_error, set_up


def test_nothing_is_remembered_between_pictures() -> None:
    set_up()

    assert pyvips.cache_get_max() == 0
    assert pyvips.concurrency_get() == 1


def test_loaders_that_libvips_calls_untrusted_are_off() -> None:
    set_up()

    with pytest.raises(pyvips.Error, match="blocked"):
        pyvips.Image.csvload_source(pyvips.Source.new_from_memory(b"1, 2\n3, 4\n"))


def test_an_error_of_libvips_becomes_ours_and_keeps_its_cause() -> None:
    with pytest.raises(BrokenImage) as caught, Translated():
        pyvips.Image.jpegload_buffer(b"\xff\xd8\xff no picture")

    assert isinstance(caught.value.__cause__, pyvips.Error)


@pytest.mark.parametrize(
    ("detail", "kind", "message"),
    [
        (
            "VipsJpeg: premature end of JPEG image\n",
            BrokenImage,
            "the source image is damaged: premature end of JPEG image",
        ),
        (
            "/proc/self/fd/9: bad seek to 80775\n",
            BrokenImage,
            "the source image is damaged: it cannot be decoded",
        ),
        (
            "svgload: exceeded more than 5 elements\n",
            ImageTooLarge,
            "the source image asks for too much work: exceeded more than 5 elements",
        ),
    ],
)
def test_what_libvips_says_is_told_without_paths(
    detail: str, kind: type[Exception], message: str
) -> None:
    error = engine_error(detail)

    assert type(error) is kind
    assert str(error) == message


def test_an_error_text_that_is_no_text_is_still_ours() -> None:
    with pytest.raises(BrokenImage, match="it cannot be decoded"), Translated():
        b"bad chunk \xc2\x01".decode()


def test_one_picture_does_not_hear_of_the_faults_of_another() -> None:
    with contextlib.suppress(pyvips.Error):
        pyvips.Image.jpegload_buffer(b"\xff\xd8\xff no picture").avg()
    pyvips.Image.gaussmat(1, 0.1)  # succeeds, and clears nothing

    with pytest.raises(BrokenImage) as caught, Translated():
        pyvips.Image.gifload_buffer(b"GIF89a")

    assert "JPEG" not in str(caught.value)


def test_a_warning_that_quotes_noise_reaches_neither_log_nor_stderr(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    set_up()
    png: bytes = pyvips.Image.black(4, 4).pngsave_buffer()
    odd = png[:33] + b"\x00\x00\x00\x02\xc2\xfftX\x01\x02bad!" + png[33:]

    with contextlib.suppress(BrokenImage), Translated():
        pyvips.Image.pngload_buffer(odd).avg()

    assert capfd.readouterr().err == ""
    assert caplog.records == []

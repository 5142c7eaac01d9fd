"""The official Python SDK, unmodified: only its endpoint is another."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import pyvips
import tinify

from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened, png
from tests.web.server import API_KEY, RunningServer


@pytest.fixture(autouse=True)
def pointed_here(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(tinify.Client, "API_ENDPOINT", server.url)
    tinify.key = API_KEY
    yield
    tinify.get_client().close()
    tinify.key = None


def picture(source: tinify.Source) -> pyvips.Image:
    return opened(source.to_buffer())


def test_a_good_key_is_valid_and_validating_tells_the_count() -> None:
    tinify.compression_count = None

    assert tinify.validate() is True
    assert isinstance(tinify.compression_count, int)


def test_a_bad_key_is_an_account_error() -> None:
    tinify.key = "opt_" + "w" * 43

    with pytest.raises(tinify.AccountError) as caught:
        tinify.validate()

    assert (caught.value.status, caught.value.kind) == (401, "Unauthorized")
    assert caught.value.message.startswith("this API key is unknown or has been revoked")


def test_a_file_is_read_and_written(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(jpeg(330, 220))

    tinify.from_file(str(tmp_path / "photo.jpg")).to_file(str(tmp_path / "small.jpg"))

    made = (tmp_path / "small.jpg").read_bytes()
    assert (opened(made).width, opened(made).height) == (330, 220)
    assert len(made) < len(jpeg(330, 220)) / 2


def test_a_file_object_is_read_and_written() -> None:
    sent: Any = io.BytesIO(png(133, 90))  # the SDK's types speak of names only
    made: Any = io.BytesIO()

    tinify.from_file(sent).to_file(made)

    assert opened(made.getvalue()).width == 133


def test_the_result_knows_its_size_its_type_and_its_bytes() -> None:
    result = tinify.from_buffer(jpeg(331, 220)).result()

    assert (result.width, result.height) == (331, 220)
    assert result.size == len(result) == len(result.to_buffer())
    assert (result.media_type, result.extension) == ("image/jpeg", "jpeg")


def test_a_url_is_shrunk(origin: Origin) -> None:
    url = origin.put("/photo.jpg", jpeg(332, 220))

    assert picture(tinify.from_url(url)).width == 332


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"method": "scale", "width": 60}, (60, 40), id="scale"),
        pytest.param({"method": "fit", "width": 60, "height": 60}, (60, 40), id="fit"),
        pytest.param({"method": "cover", "width": 60, "height": 60}, (60, 60), id="cover"),
        pytest.param({"method": "thumb", "width": 30, "height": 60}, (30, 60), id="thumb"),
    ],
)
def test_each_method_of_resizing(options: Any, expected: tuple[int, int]) -> None:
    image = picture(tinify.from_buffer(jpeg(330, 220)).resize(**options))

    assert (image.width, image.height) == expected


def test_commands_are_chained() -> None:
    source = tinify.from_buffer(png(134, 90))

    result = (
        source.preserve("copyright", "creation")
        .resize(method="fit", width=50, height=50)
        .convert(type=["image/jpeg"])
        .transform(background="#336699")
        .result()
    )

    assert (result.media_type, result.width, result.height) == ("image/jpeg", 50, 34)
    assert opened(result.to_buffer()).getpoint(0, 0) == pytest.approx([51, 102, 153], abs=12)


def test_any_type_is_the_smallest() -> None:
    result = tinify.from_buffer(jpeg(333, 220)).convert(type="*/*").result()

    assert result.media_type in {"image/avif", "image/webp", "image/jpeg"}
    assert len(result) <= len(tinify.from_buffer(jpeg(333, 220)).result())


def test_the_count_goes_up_with_what_is_made() -> None:
    tinify.validate()
    before = tinify.compression_count
    assert before is not None

    tinify.from_buffer(jpeg(334, 220)).resize(method="scale", width=20).to_buffer()

    assert tinify.compression_count == before + 2


def test_storing_elsewhere_is_refused_clearly() -> None:
    source = tinify.from_buffer(jpeg(330, 220))

    with pytest.raises(tinify.ClientError) as caught:
        source.store(service="s3", aws_access_key_id="a", aws_secret_access_key="b")

    assert caught.value.status == 400
    assert caught.value.message == (
        '"store" is not supported: this server keeps results itself; fetch the picture and put it '
        "where it belongs"
    )


def test_what_is_no_picture_is_a_client_error() -> None:
    with pytest.raises(tinify.ClientError) as caught:
        tinify.from_buffer(b"no picture")

    assert (caught.value.status, caught.value.kind) == (415, "Unsupported media type")

"""Every image answer carries its receipt, and what it says is true of the bytes beside it."""

import hashlib

import pytest

from imgproxy_py.engine.receipt import Receipt
from options_grammar import Preset
from tests.web.asking import fetch, is_hit, upload
from tests.web.forms import multipart
from tests.web.origin import Origin
from tests.web.pictures import jpeg, png
from tests.web.server import USERNAME, Answer, RunningServer


def receipt_of(answer: Answer) -> Receipt:
    """The one receipt of an answer."""
    assert answer.status in (200, 206, 304), answer.body
    (text,) = answer.all("Image-Optimization")
    return Receipt.parse(text)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_a_receipt_speaks_of_the_bytes_that_came_and_of_their_source(
    server: RunningServer, origin: Origin
) -> None:
    answer = fetch(server, "321,quality=high", origin.put("/photo.jpg", jpeg()))

    receipt = receipt_of(answer)
    assert (receipt.original, receipt.result) == (len(jpeg()), len(answer.body))
    assert receipt.source_sha256 == sha256(jpeg())
    assert receipt.result_sha256 == sha256(answer.body)
    assert answer.headers["ETag"] == f'"{receipt.result_sha256}"'
    assert answer.headers["Content-Type"] == f"image/{receipt.format}"
    assert (receipt.preset, receipt.options) == (Preset.HIGH, "321,quality=high")
    assert not receipt.provisional


def test_a_hit_a_part_a_head_and_a_304_carry_the_receipt_of_the_first_answer(
    server: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/322/{origin.put('/photo.jpg', jpeg())}"
    first = server.get(target)

    hit, part = server.get(target), server.get(target, Range="bytes=0-9")
    head = server.ask("HEAD", target)
    unchanged = server.get(target, If_None_Match=str(first.headers["ETag"]))

    assert (is_hit(hit), part.status) == (True, 206)
    assert unchanged.status == 304
    texts = [answer.all("Image-Optimization") for answer in (first, hit, part, head, unchanged)]
    assert texts == [texts[0]] * 5
    assert receipt_of(first).result == len(first.body)


def test_a_stored_result_carries_its_receipt_under_its_own_url_and_the_303_none(
    server: RunningServer, origin: Origin
) -> None:
    redirect = server.ask("POST", f"/{USERNAME}/323/{origin.put('/photo.jpg', jpeg())}")

    answer = server.get(str(redirect.headers["Location"]))

    assert redirect.all("Image-Optimization") == []
    assert receipt_of(answer).result_sha256 == sha256(answer.body)


def test_another_spelling_and_another_timeout_have_the_same_receipt(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/photo.jpg", jpeg())

    texts = {
        str(fetch(server, options, url).headers["Image-Optimization"])
        for options in ("324,quality=low", "quality=low,324", "timeout=20,324,quality=low")
    }

    assert len(texts) == 1
    assert 'options="324,quality=low"' in texts.pop()


def test_the_same_upload_under_another_name_has_a_receipt_that_names_nobody(
    server: RunningServer,
) -> None:
    def sent(filename: str) -> Answer:
        body = multipart(png(90, 90), disposition=f'form-data; name="file"; filename="{filename}"')
        headers = {"Content-Type": "multipart/form-data; boundary=b0undary"}
        return server.ask("POST", f"/{USERNAME}/45", headers, body)

    first, second = sent("alices-secret.png"), sent("bobs.png")

    assert is_hit(second)
    assert first.headers["Image-Optimization"] == second.headers["Image-Optimization"]
    assert "secret" not in str(second.headers)
    assert receipt_of(second).original == len(png(90, 90))


def test_the_header_keeps_out_what_a_request_puts_into_its_options(server: RunningServer) -> None:
    answer = upload(server, "44,quality=low%22%2C%20score=99", png())

    assert answer.status == 400
    assert answer.all("Image-Optimization") == []


def test_errors_and_facts_have_no_receipt(server: RunningServer, origin: Origin) -> None:
    url = origin.put("/photo.jpg", jpeg())

    answers = [fetch(server, "meta", url), fetch(server, "wat", url), upload(server, "40", b"x")]

    assert [answer.status for answer in answers] == [200, 400, 415]
    assert [answer.all("Image-Optimization") for answer in answers] == [[], [], []]


def test_scripts_of_other_sites_may_read_the_receipt(server: RunningServer, origin: Origin) -> None:
    answer = fetch(server, "325", origin.put("/photo.jpg", jpeg()))

    exposed = ", ".join(answer.all("Access-Control-Expose-Headers")).split(", ")
    assert "Image-Optimization" in exposed


@pytest.mark.parametrize("options", ["326,quality=55", "327,format=png", "full,quality=lossless"])
def test_a_receipt_says_how_the_work_ended(
    server: RunningServer, origin: Origin, options: str
) -> None:
    receipt = receipt_of(fetch(server, options, origin.put("/photo.jpg", jpeg())))

    assert receipt.options == options.removeprefix("full,")
    assert (receipt.preset is None) is ("quality=55" in options)
    assert receipt.saved == round(100 * (1 - receipt.result / receipt.original), 1)
    assert receipt.stop in ("target", "unreachable", "source", "lossless")

"""Options that are nearly right: done as meant, said so, and kept as one result with the meant."""

import time
from urllib.parse import quote

import pytest

from tests.pictures import landscape
from tests.web.asking import fetch, is_hit, picture, upload, warnings
from tests.web.option_pictures import dotted, quarters
from tests.web.origin import Origin
from tests.web.pictures import jpeg
from tests.web.server import USERNAME, RunningServer

NEARLY_RIGHT = [
    ("trim", "trim=border", ["trim"]),
    ("50,multiply=2x", "50,2x", ["multiply=2x"]),
    ("51x51,scaleDown", "51x51", ["scaleDown"]),
    ("low", "quality=low", ["low"]),
    ("medium,52", "52", ["medium"]),
    ("high", "quality=high", ["high"]),
    ("lossless", "quality=lossless", ["lossless"]),
    ("60x60,pad,FFccFF", "60x60,pad,bgcolor=fcf", ["FFccFF"]),
    ("61x61,crop=50x20", "61x61,crop=0.5x0.2", ["crop=50x20"]),
    ("62,quality=lossless", "62,quality=high", ["holds only without resizing"]),
    ("lossless,63", "63,quality=high", ["lossless", "holds only without resizing"]),
    ("64,64", "64", ["say the same"]),
    ("100,65", "65", ["contradict"]),
    ("66,quality=low,quality=high", "66,quality=high", ["contradict"]),
    ("67x67,crop,pad", "67x67,pad", ["contradict"]),
    ("cropX=0.3,cropY=0.2,68x68", "68x68,crop=0.3x0.2", ["cropX=0.3,cropY=0.2"]),
    ("cropX=0.3,cropY=0.2,69x69,0.3x0.2", "69x69,crop=0.3x0.2", ["0.3x0.2"]),
    ("qualty=low,70", "70,quality=low", ["qualty=low"]),
    ("quality=hihg,71", "71,quality=high", ["quality=hihg"]),
    ("72x72,crop=botom", "72x72,crop=bottom", ["crop=botom"]),
    ("73,fromat=webp", "73,format=webp", ["fromat=webp"]),
    ("full,74", "74", ["the size was used"]),
    ("75,full", "75", ["the size was used"]),
    ("fit", "full", ["nothing was resized"]),
    ("stretch", "full", ["nothing was resized"]),
    ("crop", "full", ["nothing was resized"]),
    ("76,,2x", "76,2x", ["empty option"]),
    ("77px", "77", ["77px"]),
    ("78,webp", "78,format=webp", ["webp"]),
    ("79,format=mp3,format=webp", None, []),
]


@pytest.mark.parametrize(
    ("written", "meant", "words"), [row for row in NEARLY_RIGHT if row[1] is not None]
)
def test_it_is_done_as_meant_with_one_warning_for_each_problem(
    server: RunningServer, written: str, meant: str, words: list[str]
) -> None:
    right = upload(server, meant, quarters())

    nearly = upload(server, written, quarters())

    assert warnings(right) == []
    told = warnings(nearly)
    assert len(told) == len(words)
    for sentence, word in zip(told, words, strict=True):
        assert word in sentence
    assert nearly.headers["ETag"] == right.headers["ETag"]
    assert is_hit(nearly)
    assert nearly.body == right.body


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("110x90,crop,quality=low", "quality=low,crop,110x90"),
        ("111%2C2x", "2X,111"),
        ("112x90,format=jpg", "FORMAT=jpeg,112x90,1x"),
        ("113,full", "113"),
        ("60x60,pad,bgcolor=FF8800", "60x60,bgcolor=f80,pad"),
        ("60x60,crop=0.5x0.50", "60x60,crop=.5x.5"),
        ("114,quality=medium,scale-down", "114"),
        ("115,timeout=20", "timeout=9.5,115"),
        ("60x60,crop=0.5x0.25,timeout=30", "crop=0.50x.25,60x60"),
        ("116,1.50x", "116,1.5x"),
    ],
)
def test_two_spellings_of_the_same_are_one_result(
    server: RunningServer, one: str, other: str
) -> None:
    first = upload(server, one, quarters())

    second = upload(server, other, quarters())

    assert first.status == second.status == 200
    assert second.headers["ETag"] == first.headers["ETag"]
    assert is_hit(second)
    assert second.body == first.body


def test_a_focal_point_in_percent_is_the_same_place(server: RunningServer) -> None:
    halves = upload(server, "70x70,cropX=0.9,cropY=0.2", dotted(0.9, 0.2))
    percent = upload(server, "70x70,crop=90x20", dotted(0.9, 0.2))

    assert picture(halves).width == 70
    assert halves.body == percent.body


def test_a_query_beside_an_encoded_source_is_not_the_sources(
    server: RunningServer, origin: Origin
) -> None:
    url = origin.put("/a.jpg", jpeg())

    answer = server.get(f"/{USERNAME}/80/{quote(url, safe='')}?v=2")

    assert answer.status == 200
    assert len(warnings(answer)) == 1
    assert "query" in warnings(answer)[0]
    assert origin.targets == ["/a.jpg"]


@pytest.mark.parametrize("options", ["format=webm", "format=h264,120"])
def test_a_still_picture_stays_a_picture_when_a_video_is_asked_for(
    server: RunningServer, options: str
) -> None:
    answer = upload(server, options, quarters())

    assert picture(answer).height in (200, 60)
    assert answer.headers["Content-Type"].startswith("image/")
    assert len(warnings(answer)) == 1
    assert "is for animated sources" in warnings(answer)[0]


def test_lossless_is_warned_of_where_the_format_cannot_have_it(server: RunningServer) -> None:
    answer = upload(server, "quality=lossless,format=jpeg", quarters())

    assert answer.headers["Content-Type"] == "image/jpeg"
    assert len(warnings(answer)) == 1
    assert "jpeg cannot keep every pixel" in warnings(answer)[0]


def test_a_result_limited_by_the_timeout_says_so(server: RunningServer, origin: Origin) -> None:
    large: bytes = landscape(800, 600).resize(5).jpegsave_buffer(Q=85)
    url = origin.put("/large.jpg", large)
    started_at = time.monotonic()

    fetched = fetch(server, "format=avif,quality=high,timeout=0.3", url)
    sent = upload(server, "format=avif,quality=high,timeout=0.3", large)

    assert time.monotonic() - started_at < 10
    for answer in (fetched, sent):
        assert len(warnings(answer)) == 1
        assert "the time allowed ran out" in warnings(answer)[0]
    assert fetched.status in (200, 303)
    assert fetched.status == 200 or fetched.headers["Location"] == url
    assert picture(sent).width == 4000


def test_every_warning_is_printable_ascii_on_one_line(server: RunningServer) -> None:
    answer = upload(server, "low,h%C3%AFgh,%22low%22,100,100", quarters())
    other = upload(server, "low,trim,scaleDown,50,50", quarters())

    assert answer.status == 400
    assert answer.body.isascii()
    assert len(other.all("Warning")) == 4
    for line in other.all("Warning"):
        assert line.startswith('299 imgproxy-py "')
        assert line.endswith('"')
        assert line.isascii()

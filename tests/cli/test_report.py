"""The report: complete, self-contained, and deaf to what files are called."""

import base64
import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from imgproxy_py.cli.outcome import Outcome
from imgproxy_py.cli.report.page import report_page, totals
from tests.cli.html import Page, read_page
from tests.cli.outcomes import optimized, proof
from tests.web.pictures import jpeg, png

HOSTILE = "<script>alert(1)<!--\"'&#39;{{7*7}}.jpg"


def page_of(folder: Path, *outcomes: Outcome, max_inline_bytes: int = 1 << 30) -> str:
    return report_page(
        outcomes, folder=folder, options="full,quality=low", max_inline_bytes=max_inline_bytes
    )


def pictures(page: Page) -> list[str]:
    return [one["src"] for one in page.all("img") + page.all("video")]


def inlined(src: str) -> bytes:
    head, _, data = src.partition(";base64,")
    assert head.startswith("data:image/")
    return base64.b64decode(data)


def test_both_pictures_are_inside_the_page_byte_for_byte(tmp_path: Path) -> None:
    page = read_page(page_of(tmp_path, optimized(tmp_path)))

    assert [inlined(src) for src in pictures(page)] == [jpeg(), png()]
    assert all(link.startswith(("data:", "#")) for link in page.links)


def test_a_name_is_text_wherever_it_stands(tmp_path: Path) -> None:
    outcome = replace(optimized(tmp_path), name=HOSTILE, warnings=(HOSTILE,))
    failed = replace(outcome, error=HOSTILE)

    page = read_page(page_of(tmp_path, outcome, failed))

    assert len(page.all("script")) == 1
    assert [one.text for one in page.all("h2")] == [HOSTILE, HOSTILE]
    assert [one.text for one in page.all("li")[:1]] == [HOSTILE]
    names = {name for one in page.elements for name in one.attributes}
    assert not [name for name in names if name.startswith("on")]


def test_the_page_runs_its_own_script_and_no_other(tmp_path: Path) -> None:
    html = page_of(tmp_path, optimized(tmp_path))

    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    policy = next(one for one in read_page(html).all("meta") if "http-equiv" in one.attributes)
    assert f"script-src 'sha256-{digest}'" in policy["content"]
    assert policy["content"].startswith("default-src 'none'")


def test_too_many_bytes_are_linked_from_where_the_page_lies(tmp_path: Path) -> None:
    outcome = optimized(tmp_path, "50% off #1?.jpg")
    reports = tmp_path / "reports"

    html = page_of(reports, outcome, max_inline_bytes=len(jpeg()))

    links = [unquote(src) for src in pictures(read_page(html))]
    assert links == ["../in/50% off #1?.jpg", "../out/50% off #1?.jpg.png"]
    assert "%25" in pictures(read_page(html))[0]
    assert "keep them together" in html
    assert "keep them together" not in page_of(reports, outcome)


def test_a_source_that_will_be_gone_stays_inside_as_long_as_there_is_room(tmp_path: Path) -> None:
    gone = replace(optimized(tmp_path), is_copy=True)

    roomy = read_page(page_of(tmp_path, gone, max_inline_bytes=len(jpeg())))
    tight = read_page(page_of(tmp_path, gone, max_inline_bytes=len(jpeg()) - 1))

    assert inlined(pictures(roomy)[0]) == jpeg()
    assert pictures(tight) == ["out/photo.jpg.png"]
    assert [one.text for one in tight.all("figcaption")] == [
        "after; what was before cannot be shown here"
    ]


def test_each_comparison_has_a_slider_that_keys_can_move(tmp_path: Path) -> None:
    page = read_page(page_of(tmp_path, optimized(tmp_path), optimized(tmp_path, "other.jpg")))

    sliders = page.all("input", type="range")
    assert [one["aria-label"] for one in sliders] == [
        "How much of in/photo.jpg is shown as it was before",
        "How much of in/other.jpg is shown as it was before",
    ]


def test_a_card_says_what_the_search_did(tmp_path: Path) -> None:
    page = read_page(page_of(tmp_path, optimized(tmp_path)))

    facts = dict(
        zip(
            [one.text for one in page.all("dt")[4:]],
            [one.text for one in page.all("dd")[4:]],
            strict=True,
        )
    )
    assert facts["score"] == "72.6, target 72"
    assert facts["quality"] == "49"
    assert facts["attempts"] == "4"
    assert facts["stopped"] == "target reached"
    assert facts["format"] == "jpeg → png"
    assert len(page.all("circle", class_="dot")) == 3
    assert len(page.all("circle", class_="winner")) == 1
    assert [one.text for one in page.all("summary")] == ["4 attempts in figures", "receipt"]


def test_what_was_not_measured_has_no_curve_and_says_so(tmp_path: Path) -> None:
    outcome = optimized(tmp_path, made=proof(score=None, target=None, stop="lossless"))

    html = page_of(tmp_path, outcome)

    assert read_page(html).all("circle") == []
    assert html.count("not measured") == 2


def test_a_picture_that_failed_is_named_and_not_shown(tmp_path: Path) -> None:
    failed = replace(optimized(tmp_path), error="the source image is damaged", result_bytes=None)

    page = read_page(page_of(tmp_path, failed))

    assert pictures(page) == []
    assert page.all("article")[0]["data-kind"] == "error"
    assert "the source image is damaged" in [one.text for one in page.all("li")]


def test_a_format_that_browsers_do_not_show_leaves_the_result(tmp_path: Path) -> None:
    scan = replace(optimized(tmp_path), source_format="tiff")

    assert [inlined(src) for src in pictures(read_page(page_of(tmp_path, scan)))] == [png()]


def test_a_picture_that_has_vanished_since_is_left_out(tmp_path: Path) -> None:
    outcome = optimized(tmp_path)
    assert outcome.source_path
    outcome.source_path.unlink()

    assert [inlined(src) for src in pictures(read_page(page_of(tmp_path, outcome)))] == [png()]


def test_a_name_that_is_no_text_does_not_spoil_the_page(tmp_path: Path) -> None:
    outcome = replace(optimized(tmp_path), name=os.fsdecode(b"caf\xe9.jpg"))

    assert "caf\ufffd.jpg" in page_of(tmp_path, outcome).encode().decode()


def test_the_sums_count_only_what_was_optimized(tmp_path: Path) -> None:
    outcomes = [
        Outcome(name="a", source_bytes=1000, result_bytes=400, proof=proof(score=70)),
        Outcome(name="b", source_bytes=1000, result_bytes=600, proof=proof(score=80)),
        Outcome(name="c", source_bytes=500, result_bytes=500, warnings=("left as it is",)),
        Outcome(name="d", source_bytes=9_999, error="damaged"),
    ]

    sums = totals(outcomes)

    assert (sums.before_bytes, sums.after_bytes) == (2500, 1500)
    assert sums.saved_percent == pytest.approx(40)
    assert (sums.done, sums.warned, sums.failed) == (3, 1, 1)
    assert (sums.median_score, sums.measured) == (75, 2)


def test_a_report_of_nothing_but_faults_is_still_a_page(tmp_path: Path) -> None:
    page = read_page(page_of(tmp_path, Outcome(name="a", source_bytes=0, error="gone")))

    assert [one.text for one in page.all("h2")] == ["a"]

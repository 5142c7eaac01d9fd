"""Each claim of a receipt is held against what was found, and one that is false is named."""

from dataclasses import replace

import pytest

from imgproxy_py.engine.engine_versions import engine_versions
from imgproxy_py.engine.errors import BadReceipt
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.receipt import Receipt
from imgproxy_py.engine.result import Verified
from imgproxy_py.service.claims import (
    SCORE_TOLERANCE_ACROSS_VERSIONS,
    Check,
    Findings,
    checks,
    options_of,
)
from options_grammar import Preset
from tests import receipts

# What these versions of the encoders would write, and what is found when it is true.
RECEIPT = replace(receipts.RECEIPT, engine=engine_versions(ImageFormat.AVIF))
VERIFIED = Verified(
    promised_width=500,
    promised_height=375,
    format=ImageFormat.AVIF,
    width=500,
    height=375,
    score=72.6149,
)
FINDINGS = Findings(
    source_bytes=RECEIPT.original,
    source_sha256=RECEIPT.source_sha256,
    result_bytes=RECEIPT.result,
    result_sha256=RECEIPT.result_sha256,
    verified=VERIFIED,
)


def false_claims(receipt: Receipt, findings: Findings = FINDINGS) -> list[str]:
    return [check.name for check in checks(receipt, findings) if check.holds is False]


def check_of(name: str, receipt: Receipt, verified: Verified = VERIFIED) -> Check:
    found = checks(receipt, replace(FINDINGS, verified=verified))
    return next(check for check in found if check.name == name)


def test_a_true_receipt_holds_in_every_line() -> None:
    lines = checks(RECEIPT, FINDINGS)

    assert [line.name for line in lines if line.holds is not True] == []
    assert [line.name for line in lines] == [
        *("source-sha256", "result-sha256", "original", "result", "saved", "format", "size"),
        *("options", "preset", "target", "score", "stop", "engine"),
    ]


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ({"original": 183_623}, "original"),
        ({"result": 51_009}, "result"),
        ({"saved": 72.3}, "saved"),
        ({"format": ImageFormat.WEBP}, "format"),
        ({"preset": Preset.HIGH}, "preset"),
        ({"preset": None}, "preset"),
        ({"options": "500x375,crop=0.3x0.7,quality=40"}, "preset"),
        ({"options": "qualty=medium,500x375"}, "options"),
        ({"target": 73.0}, "target"),
        ({"score": 72.67}, "score"),
        ({"score": 72.55}, "score"),
        ({"source_sha256": "ac" * 32}, "source-sha256"),
        ({"result_sha256": "dc" * 32}, "result-sha256"),
    ],
)
def test_one_false_claim_is_found_and_named(claim: dict[str, object], name: str) -> None:
    assert name in false_claims(replace(RECEIPT, **claim))  # type: ignore[arg-type]


def test_a_line_says_what_was_claimed_and_what_was_found() -> None:
    line = check_of("score", replace(RECEIPT, score=80.0))

    assert line.as_json() == {
        "name": "score",
        "claimed": 80.0,
        "found": 72.61,
        "holds": False,
        "note": "the tolerance is 0.05",
    }


def test_scores_may_differ_in_the_last_digit_and_across_versions_a_little_more() -> None:
    near, far = replace(RECEIPT, score=72.65), replace(RECEIPT, score=73.0, target=70.0)
    elsewhere = replace(far, engine="imgproxy-py/9.9.9 engine/9 libvips/8.18.7")

    assert false_claims(near) == []
    assert false_claims(far) == ["score"]
    assert false_claims(elsewhere) == []
    assert false_claims(replace(elsewhere, score=73.2)) == ["score"]


def test_another_version_is_said_and_not_held_against_the_receipt() -> None:
    line = check_of("engine", replace(RECEIPT, engine="imgproxy-py/9.9.9"))

    assert line.holds is None
    assert f"may differ by {SCORE_TOLERANCE_ACROSS_VERSIONS:g}" in line.note


def test_a_target_that_was_not_reached_is_no_reason_to_have_stopped() -> None:
    boast = replace(RECEIPT, score=60.0)
    low = replace(VERIFIED, score=60.0)

    assert false_claims(boast, replace(FINDINGS, verified=low)) == ["stop"]
    honest = replace(boast, stop="unreachable")
    assert false_claims(honest, replace(FINDINGS, verified=low)) == []


def test_a_target_may_be_less_than_the_preset_asks_for_and_says_why() -> None:
    line = check_of("target", replace(RECEIPT, target=65.0))

    assert (line.holds, line.found) == (True, 72.0)
    assert line.note == "less is aimed at where the source has no more left"


def test_a_dense_screen_lowers_what_its_preset_asks_for() -> None:
    dense = replace(RECEIPT, options="500x375,2x", target=66.0)

    assert check_of("target", dense).found == 66.0
    assert false_claims(replace(dense, target=72.0)) == ["target"]


@pytest.mark.parametrize("stop", ["source", "lossless"])
@pytest.mark.parametrize(("score", "holds"), [(99.98, True), (97.0, False)])
def test_where_nothing_was_to_change_nothing_may_have_changed(
    stop: str, score: float, holds: bool
) -> None:
    kept = replace(RECEIPT, stop=stop, score=None, metric=None)

    assert check_of("score", kept, replace(VERIFIED, score=score)).holds is holds


def test_a_result_of_another_size_is_false_and_its_score_cannot_be_true() -> None:
    other = replace(VERIFIED, width=501, score=None)

    line = check_of("size", RECEIPT, other)

    assert (line.claimed, line.found, line.holds) == ("500x375", "501x375", False)
    assert check_of("score", RECEIPT, other).note == "there is no picture of that size"


def test_a_result_that_is_no_picture_says_so() -> None:
    broken = Verified(promised_width=500, promised_height=375, fault="the result is damaged")

    assert false_claims(RECEIPT, replace(FINDINGS, verified=broken)) == ["format", "score", "stop"]
    assert check_of("format", RECEIPT, broken).note == "the result is damaged"


def test_a_video_that_claims_no_score_is_held_by_its_hash_and_its_format() -> None:
    video = Verified(promised_width=500, promised_height=375, format=ImageFormat.MP4)
    receipt = replace(
        RECEIPT, format=ImageFormat.MP4, score=None, engine=engine_versions(ImageFormat.MP4)
    )

    assert false_claims(receipt, replace(FINDINGS, verified=video)) == []
    assert check_of("score", replace(receipt, score=70.0), video).note == "a video is not measured"


def test_another_metric_is_not_judged() -> None:
    assert check_of("score", replace(RECEIPT, metric="butteraugli")).holds is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("wat=low", 'the receipt\'s "options" are wrong: unknown option'),
        ("meta", 'the receipt\'s "options" ask for facts'),
        ("", 'the receipt\'s "options" are wrong'),
    ],
)
def test_options_that_make_no_picture_are_no_receipt(options: str, message: str) -> None:
    with pytest.raises(BadReceipt, match="^" + message):
        options_of(replace(RECEIPT, options=options))

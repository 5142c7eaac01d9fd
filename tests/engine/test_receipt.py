"""Receipts: what goes into the header comes out of it again, and nothing else gets in."""

import hashlib
import json
import re
from dataclasses import replace

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine import metric
from imgproxy_py.engine.engine_versions import engine_versions
from imgproxy_py.engine.errors import BadReceipt
from imgproxy_py.engine.facts import SourceFacts
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.receipt import MAX_CHARACTERS, METRIC, Receipt, saved_percent
from imgproxy_py.engine.receipt_members import STOPS
from imgproxy_py.engine.result import Optimized
from imgproxy_py.version import VERSION
from options_grammar import Preset, parse
from tests.receipts import RECEIPT

OUTCOME = Optimized(
    data=b"x" * 275,
    format=ImageFormat.JPEG,
    width=10,
    height=10,
    quality=63,
    score=72.4567,
    target=72.0,
    attempts=3,
    source=SourceFacts(format=ImageFormat.PNG, width=10, height=10),
)

printable = st.text(st.characters(min_codepoint=32, max_codepoint=126))
points = st.floats(-1000, 100).map(lambda number: round(number, 2))
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
counts = st.integers(0, 10**15 - 1)
receipts = st.builds(
    Receipt,
    original=counts,
    result=counts,
    saved=st.floats(-1e9, 100).map(lambda number: round(number, 1)),
    format=st.sampled_from(ImageFormat),
    preset=st.none() | st.sampled_from(Preset),
    target=st.none() | points,
    score=st.none() | points,
    metric=st.none() | printable,
    quality=st.none() | st.integers(0, 100),
    attempts=st.none() | counts,
    stop=st.sampled_from(STOPS),
    provisional=st.booleans(),
    options=printable,
    engine=printable,
    source_sha256=hashes,
    result_sha256=hashes,
)


def test_the_header_is_a_dictionary_of_rfc_9651_in_the_order_of_the_documents() -> None:
    assert RECEIPT.as_header() == (
        'original=183622, result=51010, saved=72.2, format="avif", preset="medium", target=72.0, '
        'score=72.61, metric="ssimulacra2", quality=51, attempts=2, stop="target", '
        'provisional=?0, options="500x375,crop=0.3x0.7", '
        'engine="imgproxy-py/0.1.0 engine/1 libvips/8.18.7", '
        "source-sha256=:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=:, "
        "result-sha256=:zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc0=:"
    )


@given(receipts)
def test_a_receipt_comes_out_of_its_header_as_it_went_in(receipt: Receipt) -> None:
    assert Receipt.parse(receipt.as_header()) == receipt


@given(receipts)
def test_a_header_is_one_line_of_ascii_with_one_member_for_each_known_field(
    receipt: Receipt,
) -> None:
    header = receipt.as_header()

    assert re.fullmatch(r"[ -~]+", header)
    members = http_sf.parse(header.encode(), tltype="dictionary")
    assert isinstance(members, dict)
    assert list(members) == list(receipt.as_json())


@pytest.mark.parametrize("field", ["options", "engine", "metric"])
@pytest.mark.parametrize("text", ["a\r\nSet-Cookie: b", "a\x00", "caf\xe9", "\x7f"])
def test_no_field_can_carry_anything_but_printable_ascii_into_the_header(
    field: str, text: str
) -> None:
    hostile = replace(RECEIPT, **{field: text})  # type: ignore[arg-type]

    with pytest.raises(ValueError, match="disallowed characters"):
        hostile.as_header()


def test_quotes_in_a_field_do_not_begin_another_member() -> None:
    sly = replace(RECEIPT, options='a", score=99.0, x="')

    assert Receipt.parse(sly.as_header()) == sly


def test_what_is_not_known_is_left_out() -> None:
    unmeasured = replace(
        RECEIPT, preset=None, target=None, score=None, metric=None, quality=None, attempts=None
    )

    assert not {"preset", "target", "score", "metric", "quality", "attempts"} & set(
        unmeasured.as_json()
    )
    assert "score" not in unmeasured.as_header()


def test_the_json_has_the_names_of_the_header_and_hashes_as_sha256sum_prints_them() -> None:
    told = json.loads(json.dumps(RECEIPT.as_json()))

    assert told["source-sha256"] == "ab" * 32
    assert (told["format"], told["preset"], told["provisional"]) == ("avif", "medium", False)
    assert (told["saved"], told["score"]) == (72.2, 72.61)


def test_the_receipt_of_a_result_says_what_the_engine_did() -> None:
    made = Receipt.of(
        OUTCOME,
        options=parse("timeout=5,100x50,quality=high").options,
        source_bytes=1000,
        source_sha256="00" * 32,
        result_sha256=hashlib.sha256(OUTCOME.data).hexdigest(),
    )

    assert (made.original, made.result, made.saved) == (1000, 275, 72.5)
    assert (made.preset, made.target, made.score) == (Preset.HIGH, 72.0, 72.46)
    assert (made.metric, made.quality, made.attempts, made.stop) == ("ssimulacra2", 63, 3, "target")
    assert made.options == "100x50,quality=high"
    assert made.engine.startswith(f"imgproxy-py/{VERSION} engine/")
    assert not made.provisional


def test_a_numeric_quality_has_no_preset_and_an_unmeasured_result_no_metric() -> None:
    for score in (None, float("nan")):
        made = Receipt.of(
            replace(OUTCOME, score=score, is_provisional=True, stop="deadline"),
            options=parse("quality=80").options,
            source_bytes=1000,
            source_sha256="00" * 32,
            result_sha256="11" * 32,
        )

        assert (made.preset, made.score) == (None, None)
        assert (made.provisional, made.stop) == (True, "deadline")
        assert Receipt.parse(made.as_header()).score is None


@pytest.mark.parametrize(
    ("original", "result", "saved"),
    [(1000, 275, 72.5), (3, 1, 66.7), (100, 100, 0.0), (100, 250, -150.0), (0, 10, 0.0)],
)
def test_savings_have_one_decimal_and_may_be_losses(
    original: int, result: int, saved: float
) -> None:
    assert saved_percent(original, result) == saved


def test_the_metric_of_a_receipt_is_the_one_that_measures() -> None:
    assert metric.METRIC == METRIC


def test_every_format_names_the_encoders_that_wrote_it() -> None:
    assert "pyoxipng/" in engine_versions(ImageFormat.PNG)
    assert "pyoxipng/" not in engine_versions(ImageFormat.AVIF)
    assert re.fullmatch(r"(\S+/\S+ )*\S+/\S+", engine_versions(ImageFormat.JPEG))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("  {}  ", id="blanks around it"),
        pytest.param("Image-Optimization: {}", id="the whole line"),
        pytest.param("image-optimization:{}", id="the name in any case"),
        pytest.param(
            "HTTP/1.1 200 OK\r\nETag: a\r\nImage-Optimization: {}\r\nVia: b", id="headers"
        ),
    ],
)
def test_a_receipt_may_be_given_as_it_was_copied(text: str) -> None:
    assert Receipt.parse(text.format(RECEIPT.as_header())) == RECEIPT


def test_a_receipt_may_be_broken_into_lines() -> None:
    folded = RECEIPT.as_header().replace(", ", ",\r\n  ")

    assert Receipt.parse(f"Image-Optimization: {folded}") == RECEIPT


def test_members_of_a_later_version_and_parameters_are_passed_over() -> None:
    header = RECEIPT.as_header().replace("attempts=2", 'attempts=2;unit="tries", later=(1 2)')

    assert Receipt.parse(header) == RECEIPT


def test_words_may_be_tokens_and_whole_numbers_decimals() -> None:
    header = RECEIPT.as_header().replace('"avif"', "avif").replace("target=72.0", "target=72")

    assert Receipt.parse(header) == RECEIPT


WRONG = [
    ("score=72.61", "score=hello", 'the receipt\'s "score" is wrong: it must be a number'),
    ("score=72.61", "score=101.0", 'the receipt\'s "score" is wrong: it must lie between'),
    ("quality=51", "quality=51.5", 'the receipt\'s "quality" is wrong: it must be a whole number'),
    ("original=183622", "original=-1", 'the receipt\'s "original" is wrong: it must lie between'),
    ("original=183622", "original", 'the receipt\'s "original" is wrong: it must be a whole'),
    ('"avif"', '"exe"', 'the receipt\'s "format" is wrong: it must be one of jpeg, png'),
    ('"medium"', '"best"', 'the receipt\'s "preset" is wrong: it must be one of low, medium'),
    ('stop="target"', 'stop="tired"', 'the receipt\'s "stop" is wrong: it must be one of target'),
    ('stop="target"', "stop=(1 2)", 'the receipt\'s "stop" is wrong: it must be a string'),
    ("provisional=?0", "provisional=0", 'the receipt\'s "provisional" is wrong: it must be ?1'),
    (":q6ur", ":cXEu", None),
    (":q6ur", ":", 'the receipt\'s "source-sha256" is wrong: it must be a SHA-256 hash'),
    (":q6ur", ":!", 'the receipt cannot be read at "source-sha256": Binary Sequence'),
    ("original=183622, ", "", 'the receipt has no "original"'),
    ("saved=72.2", "saved=72.2, saved=73.0", 'the receipt has "saved" more than once'),
    ("saved=72.2", "saved=72.2 73.0", "the receipt cannot be read: 'saved' has trailing"),
    ("saved", "geschätzt", "a receipt is ASCII text: the value of an Image-Optimization header"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG)
def test_a_wrong_receipt_is_refused_by_the_name_of_its_member(
    right: str, wrong: str, message: str | None
) -> None:
    header = RECEIPT.as_header().replace(right, wrong, 1)
    if message is None:  # another hash is no error: verifying it is what finds the difference
        assert Receipt.parse(header) != RECEIPT
        return

    with pytest.raises(BadReceipt, match="^" + re.escape(message)):
        Receipt.parse(header)


@pytest.mark.parametrize("text", ["", "  ", "Image-Optimization:", "x" * (MAX_CHARACTERS + 1)])
def test_nothing_and_too_much_are_no_receipts(text: str) -> None:
    with pytest.raises(BadReceipt):
        Receipt.parse(text)


@given(st.text())
def test_no_text_is_too_strange_to_refuse(text: str) -> None:
    with pytest.raises(BadReceipt):
        Receipt.parse(text)

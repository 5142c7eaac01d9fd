"""What we read and write of receipts ourselves is what a library for RFC 9651 reads and writes."""

from decimal import Decimal
from random import Random

import http_sf
import pytest
from http_sf.types import BareItemType

from imgproxy_py.engine import receipt_text

OURS = (
    'original=183622, result=51010, saved=-72.2, format="avif", score=80.44, quality=62, '
    'stop="target", provisional, options="400x300,quality=high", lost=?0, '
    "result-sha256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
)


def theirs(text: str) -> dict[str, object]:
    found = http_sf.parse(text.encode("ascii"), tltype="dictionary")
    assert isinstance(found, dict)
    return {name: item[0] if isinstance(item, tuple) else item for name, item in found.items()}


def test_a_receipt_of_ours_is_read_as_the_library_reads_it() -> None:
    found = receipt_text.read(OURS)

    assert found is not None
    assert found == theirs(OURS)
    assert [type(each) for each in found.values()] == [type(each) for each in theirs(OURS).values()]


def test_a_receipt_of_ours_is_written_as_the_library_writes_it() -> None:
    members: dict[str, BareItemType] = receipt_text.read(OURS)  # type: ignore[assignment]

    assert receipt_text.write(members) == http_sf.ser(dict(members)) == OURS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a=1,b=2", id="no space after a comma"),
        pytest.param("a=1 ", id="a space at the end"),
        pytest.param("a=1, ", id="a comma at the end"),
        pytest.param("a=1;x=2", id="a parameter"),
        pytest.param("a=1, a=2", id="a name that comes twice"),
        pytest.param("a=token", id="a token"),
        pytest.param("a=(1 2)", id="an inner list"),
        pytest.param("a=@1", id="a date"),
        pytest.param('a="x\\"y"', id="an escaped sign"),
        pytest.param("a=1.5555", id="too many digits"),
        pytest.param("a=:QQ==:", id="other bytes than a hash"),
        pytest.param("A=1", id="a capital letter"),
        pytest.param("a=1, =2", id="no name"),
        pytest.param("é=1", id="another alphabet"),
    ],
)
def test_what_we_do_not_write_is_left_to_the_library(text: str) -> None:
    assert receipt_text.read(text) is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param('say "x"', id="a quotation mark"),
        pytest.param("a\\b", id="a backslash"),
        pytest.param("größe", id="another alphabet"),
        pytest.param("a\nb", id="a line break"),
        pytest.param(10**15, id="an integer that is too large"),
        pytest.param(Decimal("1.2345"), id="a decimal that is to be rounded"),
        pytest.param(Decimal(10**12), id="a decimal that is too large"),
        pytest.param(Decimal("NaN"), id="no number"),
        pytest.param(Decimal("-0.0"), id="a negative zero"),
    ],
)
def test_what_takes_more_to_be_written_is_left_to_the_library(value: BareItemType) -> None:
    assert receipt_text.write({"a": 1, "b": value}) is None


def test_every_number_that_we_write_is_written_as_the_library_writes_it() -> None:
    random, written = Random(9651), 0
    for _ in range(2000):
        number = round(random.uniform(-1000, 100) * 10 ** random.randrange(10), random.randrange(5))
        members: dict[str, BareItemType] = {"a": Decimal(repr(number)), "b": int(number)}
        text = receipt_text.write(dict(members))
        if text is not None:
            written += 1
            assert text == http_sf.ser(dict(members))

    assert written > 1000

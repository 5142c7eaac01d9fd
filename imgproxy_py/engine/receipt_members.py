"""The members of a receipt, one row each, in the order of the header: names, types, bounds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from http_sf.types import BareItemType, Token

from imgproxy_py.engine.errors import BadReceipt
from imgproxy_py.engine.formats import ImageFormat
from options_grammar import Preset

Value = int | float | str | bool
E = TypeVar("E", bound=StrEnum)

# Why a search ended (Optimized.stop).
STOPS = ("target", "source", "lossless", "unreachable", "deadline", "limit")
_SHA256_BYTES = 32
_LARGEST_INTEGER = 999_999_999_999_999  # RFC 9651, 3.3.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`read_bare` makes a field's value of an item's and raises ValueError; `write` turns it back.

    `field` is the name of the member in Python.
    """

    name: str
    read_bare: Callable[[object], Value]
    write: Callable[[Value], BareItemType]
    is_required: bool = False
    field: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "field", self.name.replace("-", "_"))

    def read(self, item: object) -> Value:
        """Parameters of the item are passed over, as RFC 9651, 3.1.2, wants unknown ones."""
        bare = item[0] if isinstance(item, tuple) else item
        try:
            return self.read_bare(bare)
        except ValueError as error:
            raise BadReceipt(f'the receipt\'s "{self.name}" is wrong: {error}') from error


def _whole(lowest: int, highest: int) -> Callable[[object], Value]:
    def read(item: object) -> Value:
        if not isinstance(item, int) or isinstance(item, bool):
            raise ValueError("it must be a whole number")
        return int(_bounded(item, lowest, highest))

    return read


def _points(lowest: int, highest: int) -> Callable[[object], Value]:
    def read(item: object) -> Value:
        if not isinstance(item, int | Decimal) or isinstance(item, bool):
            raise ValueError("it must be a number")
        return _bounded(float(item), lowest, highest)

    return read


def _bounded(number: float, lowest: int, highest: int) -> float:
    if not lowest <= number <= highest:
        raise ValueError(f"it must lie between {lowest} and {highest}")
    return number


def _text(item: object) -> Value:
    # A Token says the same as a String, and some tools know no other.
    if not isinstance(item, str | Token):
        raise ValueError("it must be a string")
    return str(item)


def _one_of(kind: type[E]) -> Callable[[object], Value]:
    def read(item: object) -> Value:
        text = _text(item)
        if text not in [row.value for row in kind]:
            raise ValueError(f"it must be one of {', '.join(row.value for row in kind)}")
        return kind(text)

    return read


def _stop(item: object) -> Value:
    text = _text(item)
    if text not in STOPS:
        raise ValueError(f"it must be one of {', '.join(STOPS)}")
    return text


def _flag(item: object) -> Value:
    if not isinstance(item, bool):
        raise ValueError("it must be ?1 or ?0")
    return item


def _digest(item: object) -> Value:
    if not isinstance(item, bytes) or len(item) != _SHA256_BYTES:
        raise ValueError("it must be a SHA-256 hash, :32 bytes in base64:")
    return item.hex()


def _decimal(value: Value) -> BareItemType:
    return Decimal(repr(float(value)))


def _as_is(value: Value) -> BareItemType:
    return str(value) if isinstance(value, str) else value


def _bytes(value: Value) -> BareItemType:
    return bytes.fromhex(str(value))


_COUNT = _whole(0, _LARGEST_INTEGER)
# A pixel enlarged to a poster "saves" minus millions of percent.
_PERCENT = _points(-999_999_999_999, 100)
# SSIMULACRA2 has no lower end; wrecked pictures come to some hundreds below zero.
_SCORE = _points(-100_000, 100)

MEMBERS: tuple[Member, ...] = (
    Member(name="original", read_bare=_COUNT, write=_as_is, is_required=True),
    Member(name="result", read_bare=_COUNT, write=_as_is, is_required=True),
    Member(name="saved", read_bare=_PERCENT, write=_decimal, is_required=True),
    Member(name="format", read_bare=_one_of(ImageFormat), write=_as_is, is_required=True),
    Member(name="preset", read_bare=_one_of(Preset), write=_as_is),
    Member(name="target", read_bare=_SCORE, write=_decimal),
    Member(name="score", read_bare=_SCORE, write=_decimal),
    Member(name="metric", read_bare=_text, write=_as_is),
    Member(name="quality", read_bare=_whole(0, 100), write=_as_is),
    Member(name="attempts", read_bare=_COUNT, write=_as_is),
    Member(name="stop", read_bare=_stop, write=_as_is, is_required=True),
    Member(name="provisional", read_bare=_flag, write=_as_is),
    Member(name="options", read_bare=_text, write=_as_is, is_required=True),
    Member(name="engine", read_bare=_text, write=_as_is, is_required=True),
    Member(name="source-sha256", read_bare=_digest, write=_bytes, is_required=True),
    Member(name="result-sha256", read_bare=_digest, write=_bytes, is_required=True),
)

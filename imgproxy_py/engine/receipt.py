"""The receipt: what a result claims of itself, as one header that anybody can check.

    Image-Optimization: original=183622, result=51010, saved=72.2, format="avif", …

A dictionary of RFC 9651: numbers are Integers and Decimals, words are Strings, hashes are Byte
Sequences. A member whose value is not known is left out. docs/receipt.md explains each of them.
"""

import math
import re
from dataclasses import dataclass
from decimal import Decimal

import http_sf

from imgproxy_py.engine import receipt_text
from imgproxy_py.engine.engine_versions import engine_versions
from imgproxy_py.engine.errors import BadReceipt
from imgproxy_py.engine.formats import ImageFormat
from imgproxy_py.engine.receipt_members import MEMBERS, Value
from imgproxy_py.engine.result import Optimized
from options_grammar import Options, Preset, cache_text

HEADER = "Image-Optimization"
METRIC = "ssimulacra2"
# Ours have about 400; some come with all the other headers of their answer.
MAX_CHARACTERS = 16_384
# A long line as people and old programs break it (RFC 9112, 5.2).
_FOLD = re.compile(r"\r?\n[ \t]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`original` and `result` are bytes, `saved` is percent of `original` and negative where the
    result is larger; hashes are hexadecimal. `options` is their canonical text without the timeout,
    which changes no finished result. `preset` is None for `quality=N`."""

    original: int
    result: int
    saved: float
    format: ImageFormat
    preset: Preset | None = None
    target: float | None = None
    score: float | None = None
    metric: str | None = None
    quality: int | None = None
    attempts: int | None = None
    stop: str
    provisional: bool = False
    options: str
    engine: str
    source_sha256: str
    result_sha256: str

    @classmethod
    def of(
        cls,
        outcome: Optimized,
        *,
        options: Options,
        source_bytes: int,
        source_sha256: str,
        result_sha256: str,
    ) -> "Receipt":
        """The receipt of a result that was just made of a source of `source_bytes`."""
        return cls(
            original=source_bytes,
            result=len(outcome.data),
            saved=saved_percent(source_bytes, len(outcome.data)),
            format=outcome.format,
            preset=options.quality if isinstance(options.quality, Preset) else None,
            target=_hundredths(outcome.target),
            score=_hundredths(outcome.score),
            metric=None if outcome.score is None else METRIC,
            quality=outcome.quality,
            attempts=outcome.attempts,
            stop=outcome.stop,
            provisional=outcome.is_provisional,
            options=cache_text(options),
            engine=engine_versions(outcome.format),
            source_sha256=source_sha256,
            result_sha256=result_sha256,
        )

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read a header's value, or the line or the headers that it stands in.

        Raises BadReceipt, which names the member at fault. Members that we do not know are passed
        over: a later version may have more.
        """
        found = _dictionary(_value_of(text))
        values: dict[str, Value] = {}
        for member in MEMBERS:
            if member.name in found:
                values[member.field] = member.read(found[member.name])
            elif member.is_required:
                raise BadReceipt(f'the receipt has no "{member.name}"')
        return cls(**values)  # type: ignore[arg-type]  # each member's reader gives its field's type

    def as_header(self) -> str:
        """The header's value: printable ASCII whatever the fields hold, or a ValueError."""
        members = {
            member.name: member.write(value)
            for member in MEMBERS
            if (value := getattr(self, member.field)) is not None
        }
        return receipt_text.write(members) or http_sf.ser(dict(members))

    def as_json(self) -> dict[str, Value]:
        """The same under the same names; hashes in hexadecimal, as an ETag has them."""
        known = {member.name: getattr(self, member.field) for member in MEMBERS}
        return {
            name: str(value) if isinstance(value, str) else value
            for name, value in known.items()
            if value is not None
        }


def saved_percent(original: int, result: int) -> float:
    """One decimal; 0 where there is no original.

    >>> saved_percent(1000, 275)
    72.5
    """
    if original <= 0:
        return 0.0
    return float(round(Decimal(100 * (original - result)) / original, 1))


def _hundredths(points: float | None) -> float | None:
    """None as well for what is no number: a receipt says only what is known."""
    return round(points, 2) if points is not None and math.isfinite(points) else None


def _value_of(text: str) -> bytes:
    """The value alone: also of the header's whole line, and of an answer's headers together."""
    if len(text) > MAX_CHARACTERS:
        raise BadReceipt(f"a receipt has at most {MAX_CHARACTERS} characters")
    value = _FOLD.sub(" ", text.strip())
    for line in value.splitlines():
        name, colon, rest = line.partition(":")
        if colon and name.strip().lower() == HEADER.lower():
            value = rest.strip()
    if not value:
        raise BadReceipt(f"the receipt is empty; it is the value of an {HEADER} header")
    if not value.isascii():
        raise BadReceipt(f"a receipt is ASCII text: the value of an {HEADER} header")
    return value.encode("ascii")


def _dictionary(line: bytes) -> dict[str, object]:
    known = receipt_text.read(line.decode("ascii"))
    if known is not None:
        return known

    def refuse(name: str, _where: str) -> None:
        # RFC 9651, 3.2, lets the last one win; two claims of one thing are none.
        raise BadReceipt(f'the receipt has "{name}" more than once')

    try:
        found = http_sf.parse(line, tltype="dictionary", on_duplicate_key=refuse)
    except http_sf.StructuredFieldError as error:
        place = f' at "{error.context}"' if error.context else ""
        reason = error.args[0] if error.args else "it is no dictionary"
        raise BadReceipt(f"the receipt cannot be read{place}: {reason}") from error
    assert isinstance(found, dict)
    return dict(found)

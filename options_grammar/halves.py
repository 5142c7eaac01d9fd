"""Options that other clients write in two halves: `cropX=0.3,cropY=0.2`, `width=300,height=400`.

The halves are folded into one item of ours where the last of them stood, before items are read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from options_grammar.tokens import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two keys that make one item; `join` gets what was written, None for a missing half.

    `first` and `second` hold the spellings of a key. `companions` gives the items that say the
    same again, or less, and are folded in with them.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    examples: tuple[str, ...]
    join: Callable[[str | None, str | None], str]
    companions: Callable[[str], frozenset[str]]


def _point(x: str | None, y: str | None) -> str:
    """A missing half is the middle."""
    return f"crop={x or '0.5'}x{y or '0.5'}"


def _size(width: str | None, height: str | None) -> str:
    return f"{width or ''}x{height}" if height else width or ""


PAIRS: tuple[Pair, ...] = (
    Pair(
        first=("cropx",),
        second=("cropy",),
        examples=("cropX=0.3,cropY=0.2",),
        join=_point,
        # The npm client ends with a bare `0.3x0.2`, and any client may say `crop` as well.
        companions=lambda joined: frozenset({"crop", joined.removeprefix("crop=")}),
    ),
    Pair(
        first=("width", "w"),
        second=("height", "h"),
        examples=("width=300,height=400", "w=300,h=400", "w=300", "h=400"),
        join=_size,
        companions=lambda joined: frozenset(),
    ),
)
_KEYS = frozenset({key for pair in PAIRS for key in pair.first + pair.second})


def fold(tokens: Sequence[Token]) -> Sequence[Token]:
    """`tokens` with each pair of halves made one token."""
    if _KEYS.isdisjoint(token.key for token in tokens):
        return tokens
    for pair in PAIRS:
        tokens = _folded(tokens, pair)
    return tokens


def _folded(tokens: Sequence[Token], pair: Pair) -> Sequence[Token]:
    halves = [token for token in tokens if _is_half(token, pair)]
    if not halves:
        return tokens
    text = pair.join(_value(halves, pair.first), _value(halves, pair.second))
    companions = pair.companions(text)
    parts = [token for token in tokens if _is_half(token, pair) or token.text in companions]
    whole = replace(
        parts[-1],
        written=",".join(part.written for part in parts),
        text=text,
        value_start=parts[-1].start,
        is_folded=True,
    )
    return [whole if token is parts[-1] else token for token in tokens if _stays(token, parts)]


def _is_half(token: Token, pair: Pair) -> bool:
    return token.key in pair.first + pair.second and token.value != ""


def _stays(token: Token, parts: Sequence[Token]) -> bool:
    return token is parts[-1] or all(token is not part for part in parts)


def _value(halves: Sequence[Token], keys: tuple[str, ...]) -> str | None:
    """What was written last under one of `keys`."""
    return next((half.value for half in reversed(halves) if half.key in keys), None)

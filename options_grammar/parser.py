"""Reads an options text: `100x100,2x,crop=auto,quality=low`.

Commas part the items, their order means nothing, upper and lower case are the same. What is nearly
right is done as meant, with a warning; what cannot be understood is an OptionsError that shows the
place.
"""

from dataclasses import dataclass, field
from typing import Any

from options_grammar.arguments import ArgumentError, Fault
from options_grammar.errors import OptionsError, quoted
from options_grammar.halves import fold
from options_grammar.interpret import Reading, interpret
from options_grammar.options import Fit, Options, Parsed, needs_both
from options_grammar.settle import settled
from options_grammar.tokens import Token, split

# Every option at its longest stays below 200 characters; what is longer was not written by hand.
MAX_OPTIONS_CHARACTERS = 2_000
# Each item can cost one warning, and response headers of more than 8 KB do not pass every proxy.
MAX_ITEMS = 32


@dataclass(slots=True, kw_only=True)
class _Choices:
    """What the items read so far have set, and who set it."""

    values: dict[str, Any] = field(default_factory=dict)
    setters: dict[str, Token] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def take(self, token: Token, reading: Reading) -> None:
        if reading.text != token.text or token.is_folded:
            self.warnings.append(f"read {quoted(token.written)} as {quoted(reading.text)}")
        earlier = self._earlier(reading)
        if earlier is not None:
            self.warnings.append(self._clash(earlier, token, reading))
        for name, value in reading.settings:
            self.values[name] = value
            self.setters[name] = token

    def _earlier(self, reading: Reading) -> Token | None:
        """The item that set one of the same fields before."""
        setters = (self.setters.get(name) for name, _ in reading.settings)
        return next((setter for setter in setters if setter is not None), None)

    def _clash(self, earlier: Token, token: Token, reading: Reading) -> str:
        both = f"{quoted(earlier.written)} and {quoted(token.written)}"
        if all(self.values.get(name) == value for name, value in reading.settings):
            return f"{both} say the same; once is enough"
        return f"{both} contradict each other; the last one was used"


def parse(text: str | bytes) -> Parsed:
    """The options of `text`, with a warning for everything that was put right.

    Raises OptionsError, and nothing else, on whatever cannot be understood.
    """
    if isinstance(text, bytes):
        # One character for each byte: no encoding can fail, and the marker keeps its column.
        text = text.decode("latin-1")
    choices = _Choices()
    for token in fold(_items(text, choices)):
        choices.take(token, _interpreted(token, text))
    _drop_full(choices)
    _check_both_dimensions(choices, text)
    parsed = settled(Options(**choices.values))
    return Parsed(
        options=parsed.options,
        warnings=(*choices.warnings, *parsed.warnings),
        given=frozenset(choices.setters),
    )


def _items(text: str, choices: _Choices) -> list[Token]:
    """The items of `text` that are not empty, and not too many of them."""
    if len(text) > MAX_OPTIONS_CHARACTERS:
        message = (
            f"the options have {len(text)} characters; at most {MAX_OPTIONS_CHARACTERS} are read"
        )
        raise OptionsError(message, code="options_too_long")
    tokens = list(split(text))
    if len(tokens) > MAX_ITEMS:
        message = f"there are {len(tokens)} options; at most {MAX_ITEMS} are read"
        span = (tokens[MAX_ITEMS].start, len(text))
        raise OptionsError(message, text=text, span=span, code="options_too_many")
    items = [token for token in tokens if token.text]
    if not items:
        message = 'there are no options; "full" stands for none'
        raise OptionsError(message, text=text, span=(0, len(text)), code="options_missing")
    if len(items) < len(tokens):
        choices.warnings.append("an empty option between commas was left out")
    if any(token.has_blanks for token in tokens):
        choices.warnings.append("blanks around options were left out")
    return items


def _interpreted(token: Token, text: str) -> Reading:
    try:
        return interpret(token.text)
    except ArgumentError as error:
        start, end = token.start, token.end
        if error.fault is Fault.VALUE:
            start = token.value_start
        elif error.fault is Fault.KEY:
            end = min(end, start + len(token.key))
        raise OptionsError(str(error), text=text, span=(start, end), code=error.code) from error


def _drop_full(choices: _Choices) -> None:
    """`full` is what no size means; beside a size it is the size that was asked for."""
    full = choices.setters.get("full")
    choices.values.pop("full", None)
    size = choices.setters.get("width")
    if full is not None and size is not None:
        both = f"{quoted(full.written)} and {quoted(size.written)}"
        choices.warnings.append(f"{both} contradict each other; the size was used")


def _check_both_dimensions(choices: _Choices, text: str) -> None:
    fit = choices.values.get("fit", Fit.SCALE_DOWN)
    dimensions = [choices.values.get(name) for name in ("width", "height")]
    if fit.needs_both_dimensions and dimensions.count(None) == 1:
        mode = choices.setters["fit"]
        raise OptionsError(
            needs_both(fit), text=text, span=(mode.start, mode.end), code="options_size_incomplete"
        )

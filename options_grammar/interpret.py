"""What one item means: by our own spelling, by somebody else's, or by the word it misspells."""

from collections.abc import Iterable
from dataclasses import dataclass

from options_grammar import near
from options_grammar.arguments import ArgumentError, Fault
from options_grammar.errors import quoted
from options_grammar.rows import Row, Settings
from options_grammar.table import BARE_WORDS, BY_KEY, BY_PATTERN, NEAR, STRANGERS, WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an item sets, and our own spelling of it."""

    settings: Settings
    text: str


def interpret(text: str) -> Reading:
    """The meaning of `text`, an item in lower case. Raises ArgumentError.

    What is not ours is rewritten and read again, so that the reading's text says what was
    understood.
    """
    refusal = None
    try:
        settings = _own(text)
        if settings is not None:
            return Reading(settings=settings, text=text)
    except ArgumentError as error:
        refusal = error
    rewritten = _others_spelling(text) or _misspelled(text)
    if rewritten is None:
        raise refusal or _unknown(text)
    return interpret(rewritten)


def _own(text: str) -> Settings | None:
    """An item as the table spells it; None where the table has nothing like it."""
    settings = WORDS.get(text)
    if settings is not None:
        return settings
    key, equals, value = text.partition("=")
    if equals:
        return _keyed(key, value)
    for row in BY_PATTERN:
        if row.pattern is not None and row.read is not None and row.pattern.fullmatch(text):
            return row.read(text)
    return None


def _keyed(key: str, value: str) -> Settings | None:
    row = BY_KEY.get(key)
    if row is None:
        return None
    if row.read is None:
        raise _not_among(row, value)
    return row.read(value)


def _others_spelling(text: str) -> str | None:
    """Our spelling of an item that another service, or an older client, spells like this."""
    key, equals, value = text.partition("=")
    for spelling in NEAR.get(key if equals else None, ()):
        rewritten = spelling.read(value if equals else text)
        if rewritten is not None:
            return rewritten
    return None


def _misspelled(text: str) -> str | None:
    """The item with its one misspelled word put right."""
    key, equals, value = text.partition("=")
    if not equals:
        return None if text in BY_KEY else _meant(text, BARE_WORDS)
    row = BY_KEY.get(key)
    if row is not None:
        word = _meant(value, row.values)
        return word and f"{key}={word}"
    word = None if key in BARE_WORDS else _meant(key, BY_KEY)
    return word and f"{word}={value}"


def _meant(word: str, known: Iterable[str]) -> str | None:
    return None if word in STRANGERS else near.meant(word, known)


def _resembling(word: str, known: Iterable[str]) -> list[str]:
    return [] if word in STRANGERS else near.suggestions(word, known)


def _not_among(row: Row, value: str) -> ArgumentError:
    """`trim is border, not "yes"`."""
    *words, last = row.values
    listed = f"{', '.join(words)} or {last}" if words else last
    return ArgumentError(
        f"{row.key} is {listed}, not {quoted(value)}",
        suggested=_resembling(value, row.values),
    )


def _unknown(text: str) -> ArgumentError:
    """An item that is nothing of ours; with a suggestion for its key, the key alone is marked."""
    key, equals, _ = text.partition("=")
    if equals and key in BARE_WORDS:
        return ArgumentError(f"{quoted(key)} takes no value", fault=Fault.ITEM)
    if not equals and text in BY_KEY:
        message = f"{quoted(text)} needs a value, as in {quoted(BY_KEY[text].example)}"
        return ArgumentError(message, fault=Fault.ITEM)
    suggested = _resembling(key, BY_KEY) if equals else _suggested_for_bare(text)
    return ArgumentError(
        f"unknown option {quoted(key if suggested else text)}",
        suggested=suggested,
        fault=Fault.KEY if suggested else Fault.ITEM,
        code="option_unknown",
    )


def _suggested_for_bare(text: str) -> list[str]:
    """`top` is the value of an option, or else resembles one that has none."""
    values = [word for word in WORDS if word.endswith(f"={text}")]
    return values or _resembling(text, dict.fromkeys([*BARE_WORDS, *BY_KEY]))

"""The shape of one option's row in the table."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from options_grammar.options import Options

# Fields of `Options` (and "full", which is none) with the values that an item gives them.
Settings = tuple[tuple[str, Any], ...]


# Makes our spelling of a match: a template for `re.Match.expand`, or a function that may give None.
Rewrite = str | Callable[[re.Match[str]], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A spelling that is not ours and whose meaning is plain: done as meant, with a Warning.

    `key` is what stands before the item's `=`, and `pattern` matches the value after it; without a
    key the pattern matches the whole item. Both are in lower case.
    """

    key: str | None
    pattern: re.Pattern[str]
    rewrite: Rewrite
    example: str

    def read(self, text: str) -> str | None:
        """Our spelling of `text`, or None where this is not what was written."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        return match.expand(self.rewrite) if isinstance(self.rewrite, str) else self.rewrite(match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One option: how it is written, what it sets, how it is written back, what people read.

    An item is one of `words`, or matches `pattern` and is read whole, or is `key`, `=` and a
    value; `read` gets the item in the second case and the value in the third. `write` gives the
    item for given options, or None where they say nothing but the default. `strangers` are words
    of other services that look like a misspelling of ours and mean something else.
    """

    name: str
    spellings: tuple[str, ...]
    help: str
    default: str
    example: str
    write: Callable[[Options], str | None]
    words: Mapping[str, Settings] = field(default_factory=dict)
    pattern: re.Pattern[str] | None = None
    key: str | None = None
    read: Callable[[str], Settings] | None = None
    near: tuple[Near, ...] = ()
    strangers: frozenset[str] = frozenset()

    @property
    def values(self) -> list[str]:
        """The words that may stand after `key=`."""
        if self.key is None:
            return []
        return [word.partition("=")[2] for word in self.words if word.startswith(f"{self.key}=")]


def near(pattern: str, rewrite: Rewrite, *, example: str, key: str | None = None) -> Near:
    """A `Near` from its pattern's text."""
    return Near(key=key, pattern=re.compile(pattern), rewrite=rewrite, example=example)

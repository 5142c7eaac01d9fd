"""How `keep` is read and written back: parts of EXIF, joined by `+`."""

import re

from options_grammar import near
from options_grammar.arguments import ArgumentError
from options_grammar.errors import quoted
from options_grammar.options import Keep, Options
from options_grammar.rows import Settings

# Some clients escape more than they must, as with `%2C` and `%3D`.
_PLUS = re.compile(r"\+|%2b")
# What else people put between the words of a list; a `+` that was decoded as in a form is a blank.
_OTHER_SEPARATORS = re.compile(r"(?:\+|%2b|%20|%7c|[ |;:&/])+")
_NONE = "none"
_WORDS: frozenset[str] = frozenset(Keep)
# Words of tinify, Cloudflare, exiftool and everyday speech.
_SYNONYMS: dict[str, Keep] = {
    **dict.fromkeys(("all", "everything", "keep", "meta", "metadata", "true"), Keep.EXIF),
    **dict.fromkeys(("artist", "author", "rights"), Keep.COPYRIGHT),
    **dict.fromkeys(("created", "date", "datetime", "time"), Keep.CREATION),
    **dict.fromkeys(("geo", "gps"), Keep.LOCATION),
}
_SWITCHES = {
    **dict.fromkeys(("1", "on", "true", "yes"), f"keep={Keep.EXIF}"),
    **dict.fromkeys(("0", "false", "no", "off"), f"keep={_NONE}"),
}


def read(text: str) -> Settings:
    """`copyright+location`; `exif` beside others includes them."""
    parts = _PLUS.split(text)
    if not all(part in _WORDS for part in parts):
        *words, last = Keep
        raise ArgumentError(
            f'keep is {", ".join(words)} or {last}, joined by "+", or none, not {quoted(text)}',
            suggested=near.suggestions(text, [*Keep, _NONE]),
        )
    kept = frozenset(map(Keep, parts))
    return (("keep", frozenset({Keep.EXIF}) if Keep.EXIF in kept else kept),)


def write(options: Options) -> str | None:
    """In the order of `Keep`; None where nothing is kept."""
    if Keep.EXIF in options.keep:
        return f"keep={Keep.EXIF}"
    kept = "+".join(part for part in Keep if part in options.keep)
    return f"keep={kept}" if kept else None


def meant(match: re.Match[str]) -> str | None:
    """`gps|author` as `keep=location+copyright`; None where a word is nothing that we know."""
    written = [part for part in _OTHER_SEPARATORS.split(match[0]) if part]
    if written in ([_NONE], ["false"]):
        return f"keep={_NONE}"
    parts = [_part(word) for word in written]
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return f"keep={'+'.join(dict.fromkeys(known))}"


def switched(match: re.Match[str]) -> str | None:
    """`keep_exif=true`, as the JSON surface says it; None for what is neither yes nor no."""
    return _SWITCHES.get(match[0])


def _part(word: str) -> str | None:
    """One of ours, by its own name, by another one or misspelled."""
    return word if word in _WORDS else _SYNONYMS.get(word) or near.meant(word, Keep)

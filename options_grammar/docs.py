"""Renders docs/options.md from the table: `python -m options_grammar.docs > docs/options.md`.

A test notices when the page is not what the table says.
"""

import sys

from options_grammar.errors import OptionsError
from options_grammar.halves import PAIRS, fold
from options_grammar.interpret import interpret
from options_grammar.parser import MAX_ITEMS, MAX_OPTIONS_CHARACTERS, parse
from options_grammar.rows import Row
from options_grammar.table import TABLE
from options_grammar.tokens import split

_INTRODUCTION = f"""\
# Options

<!-- Made from options_grammar/table.py: python -m options_grammar.docs > docs/options.md -->

```
/{{username}}/{{options}}/{{source-url}}
```

Options are parted by commas and come in any order. Upper and lower case mean the same, and `%2C`
and `%3D` serve for `,` and `=`. There is always at least one: `full` stands for none. At most
{MAX_ITEMS} options and {MAX_OPTIONS_CHARACTERS} characters are read.
"""

_TOGETHER = """\
## What stands together

- `crop`, `pad` and `stretch` need both dimensions; with one alone the request is refused.
- Beside a size, `full` gives way, with a warning.
- `fit`, `crop`, `pad` or `stretch` without any size resizes nothing, with a warning.
- `quality=lossless` beside a size becomes `quality=high`, with a warning.
- Of two options that contradict each other the last one counts, with a warning; so it is when
  one is said twice.
- Empty options and blanks around options are left out, with a warning.
- Two texts that mean the same have one canonical text and one result in the cache. The canonical
  text names what differs from the defaults, in the order of the table. The timeout is no part of
  what the cache knows a result by.
"""

_SOURCE = """\
## The source URL

Two spellings have one meaning:

- *Raw*: `https://example.com/a.png?v=2` as it is. Its escapes are left untouched and the query of
  the request is its own. `https:/example.com/a.png`, as merged by a proxy, is repaired.
- *Encoded*: `https%3A%2F%2Fexample.com%2Fa.png%3Fv%3D2`, percent-decoded exactly once. A query
  outside it is left out, with a warning. A `%` that then begins no escape is sent as `%25`.

What the origin gets is always ASCII in one well-formed request line: spaces, controls, `"`, `<`,
`>`, `\\`, `^`, the backtick and everything beyond ASCII are percent-escaped; `|`, `{`, `}`, `[`,
`]` and commas stay as they were sent. A fragment (`#...`) is never sent. Bytes that are not UTF-8
arrive as the bytes that they are. Host names beyond ASCII are sent in their DNS form; where
browsers and DNS software differ on it (`ß`, `ς` and joiners), write the `xn--` form yourself. A
number disguised as a name is refused.

Without a source URL, `/{username}/{options}` or `/{username}/{options}/`, the picture is uploaded
in the body.
"""


def render() -> str:
    """The whole page."""
    return "\n".join([_INTRODUCTION, _options(), _near_misses(), _TOGETHER, _errors(), _SOURCE])


def near_examples() -> list[tuple[str, str]]:
    """Every near-miss by its example, with what it is read as."""
    examples = [spelling.example for row in TABLE for spelling in row.near]
    examples += [example for pair in PAIRS for example in pair.examples]
    examples += ["qualty=low", "quality=hihg"]
    return [(example, _read_as(example)) for example in examples]


def _options() -> str:
    lines = ["| option | meaning | default | example |", "|---|---|---|---|"]
    return "\n".join([*lines, *map(_line, TABLE), ""])


def _line(row: Row) -> str:
    spellings = " ".join(f"`{spelling}`" for spelling in row.spellings)
    return f"| {spellings} | {row.help} | {row.default} | `{row.example}` |"


def _near_misses() -> str:
    lines = [
        "## Nearly right",
        "",
        "What is meant is done, and the answer carries one `Warning` header line for each.",
        "",
        "| written | read as |",
        "|---|---|",
    ]
    lines += [f"| `{written}` | `{meant}` |" for written, meant in near_examples()]
    return "\n".join([*lines, ""])


def _read_as(example: str) -> str:
    (token,) = fold(list(split(example)))
    return interpret(token.text).text


def _errors() -> str:
    lines = [
        "## Not understood",
        "",
        "What cannot be understood is refused with status 400, and the place is marked:",
        "",
        "```",
        _refusal("100x100,wat=9,quality=low"),
        "```",
        "",
    ]
    return "\n".join(lines)


def _refusal(text: str) -> str:
    try:
        parse(text)
    except OptionsError as error:
        return str(error)
    raise AssertionError(f"{text} is an example of what is refused")


if __name__ == "__main__":
    sys.stdout.write(render())

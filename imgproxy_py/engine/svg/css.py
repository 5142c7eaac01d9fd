"""Style sheets and style attributes: allowed rules, properties and functions, in few bytes.

The grammar is the part of CSS Syntax Level 3 that pictures need. What is not in it, an escape such
as `u\\72l(…)` above all, is refused as a whole: the picture is then rasterized. Links are
`url(#id)` only; another one becomes `none`, as it is for a renderer that follows no links.
"""

import re

from imgproxy_py.engine.svg.errors import NotCleanableError
from imgproxy_py.engine.svg.names import FUNCTIONS, PROPERTIES

_TOKEN = re.compile(
    r"""
    (?P<space>(?:\s|/\*.*?\*/|<!--|-->)+)
  | (?P<string>"[^"\\\n]*"|'[^'\\\n]*')
  | (?P<url>url\(\s*(?:"[^"\\\n]*"|'[^'\\\n]*'|[^"'()\\\s]*)\s*\))
  | (?P<function>-?[a-z_][\w-]*\()
  | (?P<at>@[\w-]+)
  | (?P<word>[\w#%.+-]+)
  | (?P<mark>[{}()\[\];:,>~*=|^$!/&])
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_LOCAL_URL = re.compile(r"url\(\s*[\"']?(#[^\"'()\\\s]+)[\"']?\s*\)", re.IGNORECASE)
# Groups of rules; every other at-rule loads something, or has no meaning in a picture.
_GROUPS = frozenset(
    ("@media", "@supports", "@keyframes", "@-webkit-keyframes", "@layer", "@container")
)
_NO_SPACE_AROUND = re.compile(r" ?([,;{}]) ?")
# Not around a slash: "/ *" would become the beginning of a comment.
_NO_SPACE_AFTER = re.compile(r"([(!]) ")
_NO_SPACE_BEFORE = re.compile(r" ([)!])")

Token = tuple[str, str]


def clean_sheet(text: str) -> str:
    """A style sheet with what is allowed of it; raises NotCleanableError for unclear grammar.

    What comes out is read once more, and must then say the same: a way to write it shorter never
    makes something else of it.
    """
    sheet = _clean_sheet(text)
    if _clean_sheet(sheet) != sheet:
        raise NotCleanableError("the style sheet does not stay the same when it is read again")
    return sheet


def _clean_sheet(text: str) -> str:
    tokens = _tokens(text)
    rules, end = _rules(tokens, 0)
    if end != len(tokens):
        raise NotCleanableError("the style sheet closes a block that it did not open")
    return rules


def clean_style(text: str) -> list[tuple[str, str]]:
    """The declarations of a style attribute, in their order; raises NotCleanableError."""
    return _declarations(_tokens(text))


def style_text(declarations: list[tuple[str, str]]) -> str:
    return ";".join(f"{name}:{value}" for name, value in declarations)


def clean_value(text: str) -> str | None:
    """The value of one property or attribute; None when it calls what is not allowed."""
    if "(" not in text and "\\" not in text:
        return text
    try:
        return _value(_tokens(text))
    except NotCleanableError:
        return None


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise NotCleanableError(f"the style has an unclear part: {text[position:][:20]!r}")
        tokens.append((match.lastgroup, match[0]))
        position = match.end()
    return tokens


def _rules(tokens: list[Token], position: int) -> tuple[str, int]:
    """Rules up to the end or to the `}` that closes their group."""
    rules: list[str] = []
    while position < len(tokens) and tokens[position][1] != "}":
        if tokens[position][0] == "space":
            position += 1
            continue
        rule, position = _rule(tokens, position)
        rules.append(rule)
    return "".join(rules), position


def _rule(tokens: list[Token], position: int) -> tuple[str, int]:
    start = position
    while position < len(tokens) and tokens[position][1] not in "{;}":
        position += 1
    prelude, is_at_rule = tokens[start:position], tokens[start][0] == "at"
    if position == len(tokens) or tokens[position][1] != "{":
        if not is_at_rule:
            raise NotCleanableError("the style sheet has a selector without a block")
        return "", position + (position < len(tokens) and tokens[position][1] == ";")
    if is_at_rule and tokens[start][1].lower() in _GROUPS:
        body, end = _rules(tokens, position + 1)
    else:
        end = _block_end(tokens, position + 1)
        body = style_text(_declarations(tokens[position + 1 : end]))
    if end == len(tokens):
        raise NotCleanableError("the style sheet leaves a block open")
    is_kept = body and not (is_at_rule and tokens[start][1].lower() not in _GROUPS)
    if not is_kept or any(kind == "url" for kind, _ in prelude):
        return "", end + 1
    return f"{_selector(prelude)}{{{body}}}", end + 1


def _block_end(tokens: list[Token], position: int) -> int:
    while position < len(tokens) and tokens[position][1] != "}":
        if tokens[position][1] == "{":
            raise NotCleanableError("the style sheet nests rules")
        position += 1
    return position


def _declarations(tokens: list[Token]) -> list[tuple[str, str]]:
    declarations: list[tuple[str, str]] = []
    for part in _split(tokens):
        words = [token for token in part if token[0] != "space"]
        if len(words) < 3 or words[0][0] != "word" or words[1][1] != ":":
            continue
        name = words[0][1].lower()
        colon = part.index(words[1])
        value = _value(part[colon + 1 :])
        if value and (name in PROPERTIES or name.startswith("--")):
            declarations.append((name, value))
    return declarations


def _split(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token[1] == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _value(tokens: list[Token]) -> str | None:
    """None when it calls a function that is not allowed."""
    parts: list[str] = []
    for number, (kind, text) in enumerate(tokens):
        if kind == "function" and text[:-1].lower() not in FUNCTIONS:
            return None
        if kind in ("at", "mark") and text[0] in "@{};":
            return None
        if kind == "url":
            parts.append(_url(text, tokens[number + 1 :]))
        else:
            parts.append(" " if kind == "space" else text)
    return _NO_SPACE_BEFORE.sub(r"\1", _tightened("".join(parts)))


def _url(text: str, rest: list[Token]) -> str:
    """A link inside the picture; else nothing where a fallback follows, and `none` where not."""
    local = _LOCAL_URL.fullmatch(text)
    if local is not None:
        return f"url({local[1]})"
    has_fallback = any(kind == "word" for kind, _ in rest)
    return "" if has_fallback else "none"


def _selector(tokens: list[Token]) -> str:
    text = "".join(" " if kind == "space" else text for kind, text in tokens)
    return _NO_SPACE_AROUND.sub(r"\1", text).strip()


def _tightened(text: str) -> str:
    return _NO_SPACE_AFTER.sub(r"\1", _NO_SPACE_AROUND.sub(r"\1", text)).strip()

"""A Dockerfile and a .dockerignore, read as Docker reads them; it builds nothing.

Grammar: the Dockerfile reference of Docker's manual. Heredocs and parser directives are refused
aloud, because a line that is silently skipped would prove nothing.
"""

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_FLAG = re.compile(r"--([a-z-]+)=(\S+)\s+")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction: `HEALTHCHECK --interval=10s CMD ["a"]` has one flag and arguments."""

    line: int
    keyword: str
    flags: Mapping[str, str]
    arguments: str


def read_instructions(text: str) -> Iterator[Instruction]:
    """The instructions in order, continued lines joined; ValueError names a line it can't read."""
    joined, started = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        started = started if joined else number
        if line.rstrip().endswith("\\"):
            joined += line.rstrip()[:-1]
            continue
        yield _instruction(started, (joined + line).strip())
        joined = ""
    if joined:
        raise ValueError(f"line {started}: the last line is continued")


def _instruction(line: int, text: str) -> Instruction:
    keyword, _, rest = text.partition(" ")
    if not rest.strip() or "<<" in rest:
        raise ValueError(f"line {line}: this reader does not know {text!r}")
    rest, flags = rest.strip(), {}
    while found := _FLAG.match(rest):
        flags[found[1]] = found[2]
        rest = rest[found.end() :]
    return Instruction(line=line, keyword=keyword.upper(), flags=flags, arguments=rest)


def command(arguments: str) -> list[str]:
    """What is run: the JSON form as it is, anything else by a shell."""
    if arguments.startswith("["):
        words: list[str] = json.loads(arguments)
        return words
    return ["/bin/sh", "-c", arguments]


def assignments(arguments: str, environment: Mapping[str, str]) -> dict[str, str]:
    """`ENV A=1 B="two words" C=$PATH`, with variables as they were before the instruction."""
    pairs = [word.partition("=") for word in shlex.split(arguments)]
    if not all(name and equals for name, equals, _ in pairs):
        raise ValueError(f"not NAME=VALUE: {arguments!r}")
    return {name: expanded(value, environment) for name, _, value in pairs}


def expanded(text: str, environment: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], ""), text)


def build_context(root: Path) -> Iterator[PurePosixPath]:
    """The files below `root` that Docker would send to a build, relative and in order."""
    rules = [*_rules((root / ".dockerignore").read_text(encoding="utf-8"))]
    for folder, folders, names in os.walk(root):
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        # Nothing under .git or an environment is ever asked back in; walking them takes seconds.
        folders[:] = sorted({*folders} - {".git", ".venv"})
        yield from (path for name in sorted(names) if not _is_ignored(path := here / name, rules))


def _rules(text: str) -> Iterator[tuple[bool, re.Pattern[str]]]:
    """(takes back in, pattern) per line; a pattern that fits a folder fits all below it."""
    for line in text.splitlines():
        rule = line.strip()
        if rule and not rule.startswith("#"):
            yield rule.startswith("!"), _pattern(rule.removeprefix("!").strip("/"))


def _pattern(glob: str) -> re.Pattern[str]:
    translated = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    body = "".join(translated.get(part, re.escape(part)) for part in parts)
    return re.compile(f"{body}(?:/.*)?")


def _is_ignored(path: PurePosixPath, rules: list[tuple[bool, re.Pattern[str]]]) -> bool:
    """The last rule that fits decides, as Docker's manual says."""
    is_ignored = False
    for takes_back, pattern in rules:
        if pattern.fullmatch(str(path)):
            is_ignored = not takes_back
    return is_ignored

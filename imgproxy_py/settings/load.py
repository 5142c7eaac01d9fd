"""Reading all settings at once: from the environment, else from a `.env` file, else the default."""

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from imgproxy_py.settings.errors import SettingsError
from imgproxy_py.settings.row import PREFIX, Row

# Read by the tests alone (where their pictures lie), by `imgproxy-py push` and `sign`.
NOT_OURS = frozenset(PREFIX + name for name in ("CORPUS", "URL", "API_KEY", "SIGNING_KEY"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Values by field name, the problems of wrong ones, and warnings about unknown names."""

    values: dict[str, Any]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]


def read(
    table: Sequence[Row], *, environ: Mapping[str, str] | None, env_file: Path | None
) -> Given:
    """Read every row's text. An empty value means unset; the environment wins over the file."""
    texts = _texts(os.environ if environ is None else environ, env_file)
    values: dict[str, Any] = {}
    problems = []
    for row in table:
        if row.name not in texts:
            continue
        try:
            values[row.field_name] = row.read(texts[row.name])
        except ValueError as error:
            problems.append(_problem(row, texts[row.name], error))
    known = [row.name for row in table]
    unknown = sorted(texts.keys() - set(known) - NOT_OURS)
    return Given(
        values=values,
        problems=tuple(problems),
        warnings=tuple(_unknown(name, known) for name in unknown),
    )


def _texts(environ: Mapping[str, str], env_file: Path | None) -> dict[str, str]:
    from_file: dict[str, str | None] = {}
    if env_file is not None:
        try:
            # Interpolation is off: a `$` in a password means itself.
            from_file = dotenv_values(env_file, interpolate=False)
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError([f"{env_file} cannot be read: {error}"]) from error
    merged = {name: value for name, value in from_file.items() if value and value.strip()}
    merged |= {name: value for name, value in environ.items() if value.strip()}
    return {name: value.strip() for name, value in merged.items() if name.startswith(PREFIX)}


def _problem(row: Row, value: str, error: ValueError) -> str:
    shown = "its value" if row.is_secret else f'"{value}"'
    return f"{row.name}: {shown} cannot be used; {error}"


def _unknown(name: str, known: Sequence[str]) -> str:
    # Compared without the prefix, which alone makes any two names look alike.
    bare = name.removeprefix(PREFIX)
    near = difflib.get_close_matches(bare, [other.removeprefix(PREFIX) for other in known], n=1)
    meant = f'; did you mean "{PREFIX}{near[0]}"?' if near else ""
    return f'unknown setting "{name}" is ignored{meant}'

"""The page of all settings, made from their table."""

from imgproxy_py.settings.row import rows
from imgproxy_py.settings.settings import SECTIONS, Settings

INTRODUCTION = """\
# Settings

Set them in the environment or in a file `.env`; the environment wins.
Every name begins with `IMGPROXY_PY_`.
An empty value means unset; a wrong one is refused at start, by its name.
Byte sizes are plain numbers, `50MB` or `50MiB`.
This page is made by `python -m imgproxy_py.settings > docs/settings.md`.
"""


def render() -> str:
    """docs/settings.md as it should be."""
    lines = [INTRODUCTION.rstrip("\n")]
    for row in rows(Settings):
        if row.field_name in SECTIONS:
            lines += ["", f"## {SECTIONS[row.field_name]}", ""]
            lines += ["| name | default | meaning |", "|---|---|---|"]
        lines.append(f"| `{row.field_name.upper()}` | {row.shown_default} | {row.help} |")
    return "\n".join(lines) + "\n"

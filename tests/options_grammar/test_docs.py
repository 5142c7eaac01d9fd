"""docs/options.md is what the table says."""

import subprocess
import sys
from pathlib import Path

from options_grammar.docs import render
from options_grammar.table import TABLE

_ROOT = Path(__file__).resolve().parents[2]


def test_the_page_on_disk_is_made_from_the_table() -> None:
    assert (_ROOT / "docs" / "options.md").read_text() == render(), (
        "run: python -m options_grammar.docs > docs/options.md"
    )


def test_the_page_names_every_spelling_of_every_option() -> None:
    page = render()

    assert [
        spelling for row in TABLE for spelling in row.spellings if f"`{spelling}`" not in page
    ] == []


def test_the_module_prints_the_page() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "options_grammar.docs"], cwd=_ROOT, capture_output=True, check=True
    )

    assert made.stdout.decode() == render()

"""docs/api.md tells the truth: its fields are read and its codes are those of real errors."""

import re
from pathlib import Path

import pytest

from imgproxy_py.web.api import fields
from imgproxy_py.web.problems import STATUSES
from tests.test_error_classes import ERROR_CLASSES

DOCS = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")
OPTIMIZE = DOCS.partition("\n## Optimize one picture\n")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| ([0-9 ]+) \| (.*?) \|", OPTIMIZE, re.MULTILINE)
# What the grammar says beside the codes of classes.
OPTION_CODES = {"options_invalid", "option_unknown"}


def test_every_field_is_in_the_table_and_none_else() -> None:
    lines = re.findall(r"^\| ((?:`[a-z_]+` ?)+)\|", OPTIMIZE, re.MULTILINE)
    told = {name for line in lines for name in re.findall(r"`([a-z_]+)`", line)}

    assert told | {"file"} == set(fields.KNOWN_FIELDS)


@pytest.mark.parametrize(("statuses", "codes"), ROWS)
def test_every_code_has_its_status(statuses: str, codes: str) -> None:
    classes = {vars(kind)["code"]: kind for kind in ERROR_CLASSES if "code" in vars(kind)}
    for code in set(re.findall(r"`([a-z_]+)`", codes)) - OPTION_CODES:
        status = next(status for kind, status in STATUSES if issubclass(classes[code], kind))

        assert str(status) in statuses.split(), code

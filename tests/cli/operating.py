"""Commands that manage accounts, run inside this process on an installation of their own."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from imgproxy_py.cli.app import main
from tests.cli.command import Ended


@pytest.fixture
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of an installation, in which commands run inside this process."""
    monkeypatch.setenv("IMGPROXY_PY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IMGPROXY_PY_DATABASE_URL", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(*arguments: str) -> Ended:
    ended = CliRunner().invoke(main, arguments)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return Ended(code=ended.exit_code, out=ended.stdout, err=ended.stderr)


def told(*arguments: str) -> Any:
    ended = asked(*arguments, "--json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)

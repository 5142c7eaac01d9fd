"""Start-up: what numba does with its cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imgproxy_py.engine import metric
from imgproxy_py.engine.metric import warm

PROJECT = Path(metric.__file__).parents[3]


def test_warming_up_twice_is_as_good_as_once() -> None:
    warm()
    warm()


@pytest.mark.slow
def test_a_machine_without_a_writable_cache_still_scores(tmp_path: Path) -> None:
    """A file stands where each of numba's cache folders would be made."""
    for package in ("imgproxy_py", "options_grammar"):
        shutil.copytree(
            PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    occupied = tmp_path / "imgproxy_py" / "engine" / "metric" / "__pycache__"
    occupied.write_text("", encoding="utf-8")
    environment = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": str(occupied / "none"),
        "XDG_CACHE_HOME": str(occupied / "none"),
        "HOME": str(occupied / "none"),
    }
    code = "from imgproxy_py.engine import metric; metric.warm(); print(metric.__file__)"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout.startswith(str(tmp_path))
    assert not list(tmp_path.rglob("*.nbi"))

"""What every test may use: real pictures when they are there, and pictures drawn here."""

import os
from pathlib import Path

import pytest

# Helpers that assert: pytest shows the values of these too. Here, before anything imports one.
pytest.register_assert_rewrite("tests.web.api")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real pictures that IMGPROXY_PY_CORPUS names; skips without it."""
    named = os.environ.get("IMGPROXY_PY_CORPUS", "")
    if not named or not Path(named).is_dir():
        pytest.skip("IMGPROXY_PY_CORPUS names no folder of pictures")
    return Path(named)

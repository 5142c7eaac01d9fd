"""What every test may use: real pictures when they are there, and pictures drawn here."""

import os
from collections import Counter
from pathlib import Path

import pytest

# Helpers that assert: pytest shows the values of these too. Here, before anything imports one.
pytest.register_assert_rewrite("tests.web.api")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where two processes share the files, those of slow tests go first.

    The other way round, one process would still be at them long after the other has ended.
    """
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    """Of tests with one name xdist would run one, and say nothing of the others."""
    twice = [name for name, count in Counter(ids).items() if count > 1]
    assert not twice, f"several tests are named {', '.join(twice)}: mark them serial"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real pictures that IMGPROXY_PY_CORPUS names; skips without it."""
    named = os.environ.get("IMGPROXY_PY_CORPUS", "")
    if not named or not Path(named).is_dir():
        pytest.skip("IMGPROXY_PY_CORPUS names no folder of pictures")
    return Path(named)

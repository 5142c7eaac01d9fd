"""One server for the tests of the API, with plans that are used up quickly."""

import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.web.api.accounts import PLANS_FILE
from tests.web.origin import Origin
from tests.web.server import RunningServer, running_server


@pytest.fixture(scope="session")
def api_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("api")
    (folder / "plans.toml").write_text(PLANS_FILE)
    with running_server(
        folder / "data", PLANS_FILE=str(folder / "plans.toml"), REFINE="off"
    ) as running:
        yield running


@pytest.fixture
def slow_url(origin: Origin) -> Iterator[str]:
    """A source that does not come before the test has ended."""
    is_over = threading.Event()

    def wait(_wire: object) -> None:
        is_over.wait(60)

    try:
        yield origin.put("/slow.png", wait, media_type="image/png")
    finally:
        is_over.set()


@pytest.fixture
def batch() -> str:
    """The name of a batch that no other test has used."""
    return f"batch {uuid4().hex}"

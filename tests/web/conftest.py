"""One real server and one real origin for the tests of the HTTP side."""

from collections.abc import Iterator

import pytest

from tests.web.origin import Origin, running_origin
from tests.web.server import RunningServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("server") / "data") as running:
        yield running


@pytest.fixture
def origin() -> Iterator[Origin]:
    with running_origin() as running:
        yield running

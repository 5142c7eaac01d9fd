"""A server whose results stay as they were first made, so that they can be compared."""

from collections.abc import Iterator

import pytest

from tests.web.server import RunningServer, running_server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("tinify") / "data", REFINE="off") as running:
        yield running

"""One real server and one real origin for the tests of the HTTP side."""

from collections.abc import Iterator

import pytest

from tests.web.canary import Canary, listening_canary
from tests.web.origin import Origin, running_origin
from tests.web.server import RunningServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """It makes nothing anew behind a test's back: what is answered twice is the same."""
    # Longer than the default timeout: on a busy machine a hop would end before a picture is made.
    folder = tmp_path_factory.mktemp("server") / "data"
    with running_server(folder, HOLD_SECONDS="50", REFINE="off") as running:
        yield running


@pytest.fixture(scope="session")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """As `server`, and it listens to client hints."""
    folder = tmp_path_factory.mktemp("listening") / "data"
    settings = {"CLIENT_HINTS": "on", "REFINE": "off", "ENGINE_WORKERS": "1"}
    with running_server(folder, **settings) as running:
        yield running


@pytest.fixture
def origin() -> Iterator[Origin]:
    with running_origin() as running:
        yield running


@pytest.fixture(scope="session")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server for hostile pictures: what they do to it is no other test's business.

    It goes on with none of them afterwards, so that its memory can be told.
    """
    directory = tmp_path_factory.mktemp("attacked") / "data"
    with running_server(directory, ENGINE_WORKERS="2", REFINE="off") as running:
        yield running


@pytest.fixture(scope="session")
def canary() -> Iterator[Canary]:
    with listening_canary() as listening:
        yield listening

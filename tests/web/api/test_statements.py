"""What the API promises, statement by statement, over a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.api import statements, statements_of_batches
from tests.web.api.accounts import new_account
from tests.web.api.provoking import World
from tests.web.api.statements import RESULT_TTL_SECONDS, STATEMENTS, UNHURRIED, Statement
from tests.web.origin import Origin
from tests.web.server import RunningServer, running_server

TABLES = (statements, statements_of_batches)


@pytest.fixture(scope="module")
def promising(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server as it comes, but for results that expire soon and finish once."""
    folder = tmp_path_factory.mktemp("promising")
    (folder / "plans.toml").write_text(UNHURRIED)
    settings = {
        "RESULT_TTL_SECONDS": str(RESULT_TTL_SECONDS),
        "REFINE": "off",
        "PLANS_FILE": str(folder / "plans.toml"),
    }
    with running_server(folder / "data", **settings) as running:
        yield running


@pytest.mark.parametrize("statement", STATEMENTS, ids=str)
def test_the_api_keeps_its_promise(
    statement: Statement, promising: RunningServer, origin: Origin, tmp_path: Path
) -> None:
    world = World(server=promising, origin=origin, holder=new_account(promising))

    statement.show(world, tmp_path)

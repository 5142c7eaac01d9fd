"""Every error code of the API, provoked: the problem is well formed, and says what to do."""

from collections.abc import Iterator

import pytest

from tests.web.api import faults_of_requests, faults_of_servers, faults_of_sources, faults_of_state
from tests.web.api.accounts import PLANS_FILE, new_account
from tests.web.api.described import documented_codes
from tests.web.api.provoking import FAULTS, Fault, World
from tests.web.origin import Origin
from tests.web.server import RunningServer, running_server

TABLES = (faults_of_requests, faults_of_sources, faults_of_state, faults_of_servers)
# How the server's patience is shortened, so that nothing here is waited for long.
IMPATIENT = {
    "ENGINE_WORKERS": "1",
    "QUEUE_LENGTH": "1",
    "REFINE": "off",
    "FIRST_BYTE_SECONDS": "1.5",
    "IDLE_SECONDS": "1",
    "MAX_SOURCE_BYTES": "3000000",
    "RESULT_TTL_SECONDS": "1",
    "DENIED_SOURCES": "denied.example",
}
RETRIED = {
    "batch_not_finished",
    "chunks_exceeded",
    "idempotency_in_progress",
    "overloaded",
    "rate_limited",
    "server_stopping",
    "spool_failed",
    "store_error",
    "streams_exceeded",
}


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("impatient")
    (folder / "plans.toml").write_text(PLANS_FILE)
    with running_server(
        folder / "data", PLANS_FILE=str(folder / "plans.toml"), **IMPATIENT
    ) as running:
        yield running


@pytest.fixture
def world(impatient: RunningServer, origin: Origin) -> World:
    return World(server=impatient, origin=origin, holder=new_account(impatient))


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_every_code_is_told_with_its_status_and_in_words(fault: Fault, world: World) -> None:
    refused = fault.provoke(world)

    assert refused.code == fault.code
    assert len(refused.words) > 20
    assert world.holder.key not in refused.words
    if refused.answer is not None:
        assert fault.code in documented_codes()[refused.answer.status]
        retry_after = refused.answer.headers["Retry-After"]
        assert (retry_after is not None) == (fault.code in RETRIED)
        assert retry_after is None or int(retry_after) >= 1
        has_challenge = refused.answer.headers["WWW-Authenticate"] == "Bearer"
        assert has_challenge == (refused.answer.status == 401)


def test_no_code_of_the_api_is_missing_here() -> None:
    provoked = [fault.code for fault in FAULTS]

    assert set(provoked) == set().union(*documented_codes().values())
    assert len(set(provoked)) == len(provoked)

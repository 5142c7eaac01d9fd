"""The description of the API says what the API does: its routes, its error codes, its examples."""

import asyncio
import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from imgproxy_py.main import composed
from imgproxy_py.settings import Settings
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.api.samples import SAMPLES, Sample
from imgproxy_py.web.problems import status_of
from imgproxy_py.web.shell import Shell
from tests.test_error_classes import RAISED
from tests.web.api.described import DESCRIPTION, documented_codes, operations
from tests.web.server import RunningServer

PROJECT = Path(__file__).parents[3]

# Codes that no call of the API can be answered with, and why.
NOT_OF_THE_API = {
    "api_key_unusable": "a key of an operator's own choice, from the command line or settings",
    "key_ambiguous": "only the command line takes a key by the beginning of its id",
    "options_invalid": "values that no text can have, from Python alone",
    "nothing_stored": "Cache-Control: only-if-cached, beside an image URL",
    "options_unreadable": "every fault of a text has a narrower code",
    "plan_unknown": "a plan is given by the command line",
    "result_expired": "at the result's own URL; as a source it is not found",
    "result_gone": "ends a ZIP that is under way; its head is out by then",
    "referrer_invalid": "rules of URLs are given by the command line",
    "signing_key_unknown": "signing keys are revoked by the command line",
    "signing_key_unusable": "the command line alone is given a signing key",
    "username_invalid": "a username stands in image URLs, and is given by the command line",
    "username_taken": "a username is given by the command line",
}


def codes_of_the_grammar() -> set[str]:
    texts = (path.read_text("utf-8") for path in (PROJECT / "options_grammar").glob("*.py"))
    return {
        code for text in texts for code in re.findall(r'code(?:: str)? ?= ?"(option\w+)"', text)
    }


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Route, ...]:
    """Those of the API of a server that is composed as `imgproxy-py serve` composes it."""
    data_dir = tmp_path_factory.mktemp("routes")
    environ = {"IMGPROXY_PY_DATA_DIR": str(data_dir), "IMGPROXY_PY_ENGINE_WORKERS": "1"}

    async def composed_routes() -> tuple[Route, ...]:
        async with composed(Settings.load(environ=environ, env_file=None)) as server:
            assert isinstance(server.app, Shell)
            return server.app.api.table.routes

    found = asyncio.run(composed_routes())
    return tuple(route for route in found if route.template.startswith("/api/"))


def test_every_route_is_described_and_nothing_else_is(routes: tuple[Route, ...]) -> None:
    assert set(operations()) == {(route.method, route.template) for route in routes}


def test_the_calls_without_a_key_are_those_that_are_described_so(
    routes: tuple[Route, ...],
) -> None:
    described = {place for place, one in operations().items() if one.get("security") == []}

    assert described == {(each.method, each.template) for each in routes if not each.needs_key}


def test_rate_limits_are_described_where_calls_are_counted(routes: tuple[Route, ...]) -> None:
    described = {
        place
        for place, operation in operations().items()
        if any(
            "RateLimit" in answer.get("headers", {}) for answer in operation["responses"].values()
        )
    }

    assert described == {(each.method, each.template) for each in routes if each.asks_for_work}
    for place in described:
        assert operations()[place]["responses"]["429"]["$ref"].endswith("/TooManyRequests")


def test_every_error_of_the_api_is_described_under_its_status() -> None:
    expected: dict[int, set[str]] = defaultdict(set, {500: {"internal_error"}})
    for kind in RAISED:
        code = getattr(kind, "code", None)
        if code is not None and code not in NOT_OF_THE_API:
            expected[status_of(kind.__new__(kind))].add(code)
    expected[400] |= codes_of_the_grammar() - NOT_OF_THE_API.keys()

    assert documented_codes() == expected


def test_what_the_api_cannot_say_is_still_an_error_somewhere() -> None:
    codes = {getattr(kind, "code", "") for kind in RAISED} | codes_of_the_grammar()

    assert codes >= NOT_OF_THE_API.keys()


def test_every_operation_has_its_own_name_and_an_example() -> None:
    names = [operation["operationId"] for operation in operations().values()]

    assert len(set(names)) == len(names)
    assert {sample.operation for sample in SAMPLES} == set(names)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.method} {sample.path}")
def test_every_example_asks_an_address_that_is_described(sample: Sample) -> None:
    path = sample.path.partition("?")[0]
    described = next(
        template
        for (method, template), operation in operations().items()
        if method == sample.method and operation["operationId"] == sample.operation
    )

    assert re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", described), path)


def test_the_document_is_served_with_this_server_s_address(server: RunningServer) -> None:
    answer = server.get("/openapi.json")

    told = json.loads(answer.body)
    assert answer.headers["Content-Type"] == "application/json"
    assert told["servers"] == [{"url": server.url}]
    assert told["paths"] == DESCRIPTION["paths"]
    assert not [name for name in told if name.startswith("x-")]


def test_who_has_the_document_is_not_sent_it_again(server: RunningServer) -> None:
    etag = server.get("/openapi.json").headers["ETag"]

    again = server.get("/openapi.json", If_None_Match=etag)

    assert (again.status, again.body) == (304, b"")
    assert server.get("/openapi.json", If_None_Match='"other"').status == 200

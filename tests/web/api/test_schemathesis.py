"""Schemathesis asks every operation of the description, rightly and wrongly, and compares what a
running server answers with what is described."""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from imgproxy_py.web.api.openapi import openapi
from tests.web.api.accounts import Holder, new_account
from tests.web.api.calling import MULTIPART, done, form, optimize, with_key
from tests.web.pictures import jpeg
from tests.web.server import RunningServer

EXAMPLES = 15
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]

# The plugin makes one test of every operation, and all have one name: conftest.py says why.
pytestmark = pytest.mark.serial

schema = schemathesis.openapi.from_dict(openapi("http://127.0.0.1"))
numbers = count(1)


@dataclass(frozen=True, kw_only=True)
class World:
    """An account without limits, and things of its own that can be asked for."""

    server: RunningServer
    holder: Holder
    job_id: str
    batch_id: str
    optimized: dict[str, Any]

    @property
    def picture_url(self) -> str:
        """A small picture, which costs the engine little."""
        return str(self.optimized["optimized_url"])


@pytest.fixture(scope="module")
def world(api_server: RunningServer) -> World:
    holder = new_account(api_server)
    headers = {"Idempotency-Key": "one", "Content-Type": MULTIPART, "X-API-Key": holder.key}
    body = form({"client_batch_id": "one"}, [("file", "a.jpg", jpeg(90, 60))])
    answer = api_server.ask("POST", "/api/v1/optimize/batch", headers, body)
    job_id = json.loads(answer.body)["accepted"][0]["job_id"]
    url = f"{api_server.url}/static/sample.jpg"
    optimized = done(optimize(api_server, url, headers=with_key(holder.key), width="100"))
    return World(
        server=api_server, holder=holder, job_id=job_id, batch_id="one", optimized=optimized
    )


def furnish(case: schemathesis.Case[Any], world: World) -> None:
    """What is well formed but made up is looked for in vain: every other time, let it be found.

    Made-up hosts are never asked for.
    """
    number = next(numbers)
    if case.headers and "Idempotency-Key" in case.headers and number % 2:
        case.headers["Idempotency-Key"] = f"key-{number}"
    if isinstance(case.body, dict):
        _furnish_body(case.body, world, is_found=bool(number % 2))
    for name, found in (("client_batch_id", world.batch_id), ("id", world.job_id)):
        if case.path_parameters and name in case.path_parameters and number % 2:
            case.path_parameters[name] = found


def _furnish_body(body: dict[str, Any], world: World, *, is_found: bool) -> None:
    for name in ("url", "source", "result", "callback_url"):
        if isinstance(body.get(name), str) and "://" in body[name]:
            body[name] = world.picture_url if is_found else "http://127.0.0.1:9/picture.jpg"
    if is_found and "receipt" in body:
        body["source"] = f"{world.server.url}/static/sample.jpg"
        body["result"] = world.picture_url
        body["receipt"] = world.optimized["receipt"]
    if is_found and "image" in body:
        body["image"] = jpeg(90, 60)
    if is_found and "files" in body:
        body["files"] = [jpeg(90, 60)]
    if is_found:
        body.pop("options", None)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: schemathesis.Case[Any], world: World) -> None:
    furnish(case, world)

    headers = {"X-API-Key": world.holder.key}
    response = case.call(base_url=world.server.url, headers=headers, timeout=30)

    case.validate_response(response, checks=CHECKS, headers=headers)

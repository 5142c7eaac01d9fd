"""Accounts and keys that are changed beside a running server, which notices within seconds."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.operating import cwd, told
from tests.waiting import eventually
from tests.web.server import RunningServer, running_server

__all__ = ["cwd"]

# Answers are remembered for five seconds (accounts/remembered.py); a busy machine takes longer.
NOTICED_SECONDS = 30


def standing(server: RunningServer, key: str) -> tuple[int, str | None]:
    """The status and what it is about: the plan's name, or the code of the error."""
    answer = server.ask("GET", "/api/v1/account", {"X-API-Key": key})
    body = json.loads(answer.body)
    return answer.status, body["plan"]["name"] if answer.status == 200 else body["code"]


def becomes(found: Callable[[], object], expected: object) -> None:
    assert eventually(lambda: found() == expected, NOTICED_SECONDS), found()


def test_a_running_server_notices_what_the_command_line_changes(cwd: Path) -> None:
    with running_server(cwd / "data") as server:
        keys = {}
        for name in ("revoked", "disabled", "upgraded", "rotated"):
            told("account", "create", name, "--plan", "starter")
            keys[name] = told("key", "create", "--account", name)["key"]
            # A new account and a new key are known at once.
            assert standing(server, keys[name]) == (200, "starter")

        told("key", "revoke", "--account", "revoked", "API")
        told("account", "disable", "disabled")
        told("account", "set-plan", "upgraded", "pro")
        new = told("key", "rotate", "--account", "rotated", "API")["key"]

        assert standing(server, new) == (200, "starter")
        becomes(lambda: standing(server, keys["revoked"]), (401, "api_key_invalid"))
        becomes(lambda: standing(server, keys["rotated"]), (401, "api_key_invalid"))
        becomes(lambda: standing(server, keys["disabled"]), (403, "IM2ACCOUNT"))
        becomes(lambda: standing(server, keys["upgraded"]), (200, "pro"))

    (listed,) = told("key", "list", "--account", "upgraded")
    assert listed["last_used_at"] is not None

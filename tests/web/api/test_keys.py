"""`/api/v1/keys` over a real socket: a key is shown once, and rules who comes in at once."""

import json
from typing import Any

import pytest

from imgproxy_py.web.api.sealed import seal, unseal
from tests.web.api.accounts import Holder, new_account, stored_text
from tests.web.api.calling import problem, with_key
from tests.web.server import Answer, RunningServer

KEYS = "/api/v1/keys"


@pytest.fixture
def holder(api_server: RunningServer) -> Holder:
    return new_account(api_server, "starter")


def ask(
    server: RunningServer, method: str, target: str, key: str, told: object = None, **headers: str
) -> Answer:
    if told is None:
        return server.ask(method, target, with_key(key, **headers))
    named = with_key(key, Content_Type="application/json", **headers)
    return server.ask(method, target, named, json.dumps(told).encode())


def made(answer: Answer) -> dict[str, Any]:
    assert answer.status == 201, answer.body
    told: dict[str, Any] = json.loads(answer.body)
    return told


def listed(server: RunningServer, key: str, query: str = "") -> list[dict[str, Any]]:
    answer = ask(server, "GET", KEYS + query, key)
    assert answer.status == 200, answer.body
    keys: list[dict[str, Any]] = json.loads(answer.body)["keys"]
    return keys


def test_a_key_is_shown_once_and_lies_nowhere_in_the_files(
    api_server: RunningServer, holder: Holder
) -> None:
    told = made(ask(api_server, "POST", KEYS, holder.key, {"name": "ci"}))

    assert told["key"].startswith("opt_")
    assert (told["name"], told["last_four"]) == ("ci", told["key"][-4:])
    again = next(each for each in listed(api_server, holder.key) if each["id"] == told["id"])
    assert again == {name: value for name, value in told.items() if name != "key"}
    assert told["key"].encode() not in stored_text(api_server)


def test_a_new_key_opens_the_api_at_once(api_server: RunningServer, holder: Holder) -> None:
    told = made(ask(api_server, "POST", KEYS, holder.key))

    current = [each["id"] for each in listed(api_server, told["key"]) if each["is_current"]]

    assert current == [told["id"]]
    assert told["name"] == "API"


def test_a_repeated_request_shows_the_same_key_which_still_lies_nowhere(
    api_server: RunningServer, holder: Holder
) -> None:
    first = ask(api_server, "POST", KEYS, holder.key, {"name": "ci"}, Idempotency_Key="one")
    again = ask(api_server, "POST", KEYS, holder.key, {"name": "ci"}, Idempotency_Key="one")

    assert made(again) == made(first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(listed(api_server, holder.key)) == 2
    assert made(first)["key"].encode() not in stored_text(api_server)


def test_another_key_of_the_account_cannot_have_that_answer_said_again(
    api_server: RunningServer, holder: Holder
) -> None:
    told = made(ask(api_server, "POST", KEYS, holder.key, {}, Idempotency_Key="one"))

    answer = ask(api_server, "POST", KEYS, told["key"], {}, Idempotency_Key="one")

    assert problem(answer)[:2] == (409, "idempotency_key_reused")


def test_a_revoked_key_opens_nothing_and_is_listed_only_when_asked_for(
    api_server: RunningServer, holder: Holder
) -> None:
    told = made(ask(api_server, "POST", KEYS, holder.key))

    answer = ask(api_server, "DELETE", f"{KEYS}/{told['id']}", holder.key)

    assert (answer.status, answer.body) == (204, b"")
    assert problem(ask(api_server, "GET", KEYS, told["key"]))[:2] == (401, "api_key_invalid")
    assert [each["id"] for each in listed(api_server, holder.key)] == [holder.key_id]
    revoked = listed(api_server, holder.key, "?revoked=true")[1]
    assert revoked["id"] == told["id"]
    assert revoked["revoked_at"] is not None


def test_a_key_revokes_itself_only_with_a_word(api_server: RunningServer, holder: Holder) -> None:
    own = f"{KEYS}/{holder.key_id}"

    assert problem(ask(api_server, "DELETE", own, holder.key)) == (
        409,
        "key_in_use",
        "this is the API key that you ask with; to revoke it all the same add ?force=true",
    )
    assert ask(api_server, "DELETE", f"{own}?force=true", holder.key).status == 204
    assert ask(api_server, "GET", KEYS, holder.key).status == 401


def test_a_key_can_be_replaced_by_itself_though_the_plan_allows_no_more(
    api_server: RunningServer,
) -> None:
    holder = new_account(api_server, "free")

    told = made(ask(api_server, "POST", f"{KEYS}/{holder.key_id}/rotate", holder.key))

    assert told["id"] != holder.key_id
    assert told["name"] == "first"
    assert ask(api_server, "GET", KEYS, holder.key).status == 401
    assert [each["id"] for each in listed(api_server, told["key"])] == [told["id"]]


def test_keys_of_other_accounts_are_not_there(api_server: RunningServer, holder: Holder) -> None:
    other = new_account(api_server)

    for method, target in [("DELETE", other.key_id), ("POST", f"{other.key_id}/rotate")]:
        answer = ask(api_server, method, f"{KEYS}/{target}", holder.key)
        assert problem(answer) == (
            404,
            "key_unknown",
            f'the account has no active key "{other.key_id}"',
        )


@pytest.mark.parametrize(
    ("plan", "count"), [("free", 1), ("starter", 3), ("pro", 10), ("business", 25)]
)
def test_a_plan_allows_so_many_keys_and_not_one_more(
    api_server: RunningServer, plan: str, count: int
) -> None:
    holder = new_account(api_server, plan)
    for _ in range(count - 1):
        made(ask(api_server, "POST", KEYS, holder.key))

    answer = ask(api_server, "POST", KEYS, holder.key)

    keys = "one key" if count == 1 else f"{count} keys"
    assert problem(answer) == (
        409,
        "key_limit_reached",
        f"the plan allows {keys} at a time; revoke one first",
    )
    assert len(listed(api_server, holder.key)) == count


@pytest.mark.parametrize("name", ["", " ci", "a\tb", "n" * 101])
def test_a_name_that_cannot_be_is_refused(
    api_server: RunningServer, holder: Holder, name: str
) -> None:
    answer = ask(api_server, "POST", KEYS, holder.key, {"name": name})

    assert problem(answer) == (
        400,
        "key_name_invalid",
        "a key's name has 1 to 100 visible characters, with no space at either end",
    )


def test_what_is_neither_true_nor_false_in_the_query_is_refused(
    api_server: RunningServer, holder: Holder
) -> None:
    answer = ask(api_server, "GET", f"{KEYS}?revoked=perhaps", holder.key)

    assert problem(answer) == (400, "query_invalid", '"revoked" in the query is true or false')


def test_a_sealed_answer_opens_with_the_key_that_asked_and_no_other() -> None:
    plain = b'{"key": "opt_secret"}' * 20

    sealed, other = seal(plain, secret="opt_mine"), seal(plain, secret="opt_mine")

    assert unseal(sealed, secret="opt_mine") == plain
    assert unseal(sealed, secret="opt_theirs") != plain
    assert sealed != other
    assert b"opt_secret" not in sealed

"""`imgproxy-py key`: keys are shown once, listed without themselves, rotated and revoked."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Ended
from tests.cli.operating import asked, cwd

__all__ = ["cwd"]

KEY = re.compile(r"opt_[A-Za-z0-9_-]{43}")
FIELDS = ["id", "name", "last_four", "created_at", "last_used_at", "revoked_at"]


@pytest.fixture(autouse=True)
def shop(cwd: Path) -> None:
    asked("account", "create", "shop", "--plan", "starter")


def of_shop(command: str, *arguments: str) -> Ended:
    return asked("key", command, "--account", "shop", *arguments)


def told(command: str, *arguments: str) -> Any:
    ended = of_shop(command, *arguments, "--json")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_a_key_stands_alone_on_its_line_and_is_said_to_be_shown_only_now() -> None:
    ended = of_shop("create", "--name", "website")

    first, empty, plaintext, *rest = ended.out.splitlines()
    assert first == 'the key "website", shown only now; keep it somewhere safe:'
    assert (empty, rest) == ("", [""])
    assert KEY.fullmatch(plaintext.strip())
    for command in (("list",), ("list", "--all"), ("list", "--json")):
        assert KEY.search(of_shop(*command).out) is None


def test_a_key_is_told_to_a_script_with_what_is_known_of_it() -> None:
    made = told("create")

    assert list(made) == [*FIELDS, "key"]
    assert KEY.fullmatch(made["key"])
    assert (made["name"], made["last_four"]) == ("API", made["key"][-4:])
    (listed,) = told("list")
    assert list(listed) == FIELDS
    assert listed == {name: made[name] for name in FIELDS}


def test_a_full_plan_is_said_so_and_its_keys_can_be_rotated() -> None:
    made = [told("create", "--name", name) for name in ("a", "b", "c")]

    refused = of_shop("create")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "the plan allows 3 keys at a time; revoke one first\n"
    rotated = told("rotate", "b")

    assert rotated["name"] == "b"
    assert rotated["key"] not in {each["key"] for each in made}
    assert [each["name"] for each in told("list")] == ["a", "c", "b"]
    everything = told("list", "--all")
    assert [each["id"] for each in everything if each["revoked_at"]] == [made[1]["id"]]


@pytest.mark.parametrize("form", ["id", "beginning", "name", "last_four"])
def test_a_key_is_revoked_by_whatever_names_it(form: str) -> None:
    made = told("create", "--name", "website")
    named = {**made, "beginning": made["id"][:12]}

    ended = of_shop("revoke", "--", named[form])

    assert ended.out == f'revoked the key "website" that ends with {made["last_four"]}\n'
    assert told("list") == []


def test_a_revoked_key_is_told_with_its_moment() -> None:
    told("create")

    revoked = told("revoke", "API")

    assert revoked["revoked_at"] >= revoked["created_at"]
    again = of_shop("revoke", "API")
    assert (again.code, again.err) == (1, 'the account has no active key "API"\n')


def test_two_keys_of_one_name_are_told_apart_by_their_ids() -> None:
    first, second = told("create"), told("create")

    refused = of_shop("rotate", "API")
    assert (refused.code, refused.err) == (
        1,
        '2 active keys are called "API"; name one by its id\n',
    )
    told("revoke", first["id"])
    assert [each["id"] for each in told("list")] == [second["id"]]


def test_who_gives_the_key_itself_does_not_find_it_in_the_message() -> None:
    plaintext = told("create")["key"]

    ended = of_shop("revoke", plaintext)

    assert (ended.code, ended.err) == (1, 'the account has no active key "opt_***"\n')


@pytest.mark.parametrize("command", [("create",), ("list",), ("rotate", "x"), ("revoke", "x")])
def test_every_command_names_an_account_that_exists(command: tuple[str, ...]) -> None:
    without = asked("key", *command)
    wrong = asked("key", *command, "--account", "nobody")

    assert without.code == 2
    assert "Missing option '--account'" in without.err
    assert (wrong.code, wrong.out) == (1, "")
    assert wrong.err == 'there is no account named "nobody"\n'


def test_a_name_that_cannot_be_read_is_refused() -> None:
    ended = of_shop("create", "--name", " ")

    assert ended.code == 1
    assert ended.err == (
        "a key's name has 1 to 100 visible characters, with no space at either end\n"
    )

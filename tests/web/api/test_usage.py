"""`/api/v1/usage` and `/api/v1/account` over a real socket: whose, how much, by day and by key."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.web.api.accounts import Holder, new_account
from tests.web.api.calling import done, optimize, problem, with_key
from tests.web.asking import picture
from tests.web.pictures import jpeg
from tests.web.server import RunningServer

USAGE = "/api/v1/usage"
NOTHING = {
    "images": 0,
    "cache_hits": 0,
    "failures": 0,
    "original_size": 0,
    "optimized_size": 0,
    "saved_bytes": 0,
}


@pytest.fixture
def holder(api_server: RunningServer) -> Holder:
    return new_account(api_server, "free")


def told(server: RunningServer, target: str, holder: Holder) -> dict[str, Any]:
    return done(server.ask("GET", target, with_key(holder.key)))


def now() -> datetime:
    return datetime.now(UTC)


def test_a_month_is_told_by_day_and_by_key_with_hits_and_failures(
    api_server: RunningServer, holder: Holder
) -> None:
    headers = with_key(holder.key)
    first = done(optimize(api_server, jpeg(300, 200), headers=headers))
    assert done(optimize(api_server, jpeg(300, 200), headers=headers))["cached"]
    assert optimize(api_server, b"no picture", headers=headers).status == 415
    picture(api_server.ask("POST", f"/{holder.username}/full", {}, jpeg(80, 60)))

    usage = told(api_server, USAGE, holder)

    assert (usage["username"], usage["plan"]) == (holder.username, "free")
    assert usage["month"] == f"{now():%Y-%m}"
    total = usage["total"]
    assert (total["images"], total["cache_hits"], total["failures"]) == (2, 1, 1)
    assert total["saved_bytes"] == total["original_size"] - total["optimized_size"] > 0
    by_key = {one["key_id"]: one for one in usage["by_key"]}
    assert set(by_key) == {None, holder.key_id}
    mine = by_key[holder.key_id]
    assert (mine["name"], mine["last_four"]) == ("first", holder.key[-4:])
    assert (mine["images"], mine["cache_hits"], mine["failures"]) == (1, 1, 1)
    assert mine["original_size"] == 2 * first["original_size"]
    assert mine["optimized_size"] == 2 * first["optimized_size"]
    assert by_key[None]["images"] == 1
    assert [one["day"] for one in usage["by_day"]] == [f"{now():%Y-%m-%d}"]
    assert {name: usage["by_day"][0][name] for name in NOTHING} == total


def test_the_quota_of_this_month_stands_beside_it(
    api_server: RunningServer, holder: Holder
) -> None:
    done(optimize(api_server, jpeg(120, 90), headers=with_key(holder.key)))

    quota = told(api_server, USAGE, holder)["quota"]

    year, month = divmod(now().year * 12 + now().month, 12)
    assert quota == {
        "month": f"{now():%Y-%m}",
        "used": 1,
        "reserved": 0,
        "limit": 100,
        "remaining": 99,
        "resets_at": f"{year:04}-{month + 1:02}-01T00:00:00Z",
    }


def test_another_month_has_its_own_counts_and_no_quota(
    api_server: RunningServer, holder: Holder
) -> None:
    done(optimize(api_server, jpeg(120, 90), headers=with_key(holder.key)))

    usage = told(api_server, f"{USAGE}?month=2020-02", holder)

    assert usage["month"] == "2020-02"
    assert usage["quota"] is None
    assert usage["total"] == NOTHING
    assert (usage["by_day"], usage["by_key"]) == ([], [])


def test_nobody_sees_what_others_used(api_server: RunningServer, holder: Holder) -> None:
    done(optimize(api_server, jpeg(120, 90), headers=with_key(holder.key)))

    assert told(api_server, USAGE, new_account(api_server))["total"] == NOTHING


@pytest.mark.parametrize("month", ["2026-13", "2026", "november", "", "2026-11-21", "9999-12"])
def test_what_is_no_month_is_refused(api_server: RunningServer, holder: Holder, month: str) -> None:
    answer = api_server.ask("GET", f"{USAGE}?month={month}", with_key(holder.key))

    assert problem(answer) == (400, "query_invalid", f'"{month}" is no month; write it as 2026-11')


def test_a_query_of_a_thousand_fields_is_refused(api_server: RunningServer, holder: Holder) -> None:
    query = "&".join(f"f{number}=1" for number in range(1000))

    answer = api_server.ask("GET", f"{USAGE}?{query}", with_key(holder.key))

    assert problem(answer) == (400, "query_invalid", "the query has more than 50 fields")


def test_an_account_is_told_its_plan_its_quota_and_the_key_it_came_with(
    api_server: RunningServer, holder: Holder
) -> None:
    account = told(api_server, "/api/v1/account", holder)

    assert account["username"] == holder.username
    assert account["plan"] == {
        "name": "free",
        "max_keys": 1,
        "max_requests_per_minute": 60,
        "max_images_per_month": 100,
    }
    assert account["quota"]["remaining"] == 100
    assert account["key"]["id"] == holder.key_id
    assert holder.key not in json.dumps(account)


def test_a_plan_without_limits_says_so_with_null(api_server: RunningServer) -> None:
    account = told(api_server, "/api/v1/account", new_account(api_server, "unlimited"))

    assert set(account["plan"].values()) == {"unlimited", None}
    assert account["quota"]["limit"] is account["quota"]["remaining"] is None

"""Plans: the table, and an operator's changes to it."""

from pathlib import Path

import pytest

from imgproxy_py.accounts.plan import PLANS, Plan, load_plans


@pytest.mark.parametrize(
    ("name", "keys", "requests", "images"),
    [
        ("free", 1, 60, 100),
        ("starter", 3, 300, 5_000),
        ("pro", 10, 1_000, 50_000),
        ("business", 25, 3_000, 200_000),
        ("scale", None, None, 500_000),
        ("unlimited", None, None, None),
    ],
)
def test_the_table_holds_what_is_promised(
    name: str, keys: int | None, requests: int | None, images: int | None
) -> None:
    assert PLANS[name] == Plan(
        name=name,
        max_keys=keys,
        max_requests_per_minute=requests,
        max_images_per_month=images,
    )


def test_the_page_for_operators_tells_the_same_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")

    rows = "".join(
        f"| `{plan.name}` | {_told(plan.max_keys)} | {_told(plan.max_requests_per_minute)} "
        f"| {_told(plan.max_images_per_month)} |\n"
        for plan in PLANS.values()
    )
    assert (
        f"| plan | keys | requests a minute | images a month |\n|---|---|---|---|\n{rows}" in page
    )


def _told(limit: int | None) -> str:
    return "unlimited" if limit is None else f"{limit:,}"


def test_a_file_replaces_and_adds_plans(tmp_path: Path) -> None:
    file = tmp_path / "plans.toml"
    file.write_text(
        '[free]\nkeys = 2\nrequests_per_minute = 10\nimages_per_month = "unlimited"\n'
        "[gold]\nkeys = 7\nrequests_per_minute = 70\nimages_per_month = 700\n"
    )

    plans = load_plans(file)

    assert plans["free"].max_keys == 2
    assert plans["free"].max_images_per_month is None
    assert plans["gold"].max_requests_per_minute == 70
    assert plans["pro"] == PLANS["pro"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[gold", "cannot be read"),
        ("gold = 5", 'the plan "gold" needs exactly keys, requests_per_minute, images_per_month'),
        ("[gold]\nkeys = 1", 'the plan "gold" needs exactly'),
        (
            "[gold]\nkeys = -1\nrequests_per_minute = 1\nimages_per_month = 1",
            '"keys" of the plan "gold" is neither a whole number nor "unlimited"',
        ),
        (
            "[gold]\nkeys = 1\nrequests_per_minute = true\nimages_per_month = 1",
            '"requests_per_minute" of the plan "gold" is neither',
        ),
    ],
)
def test_a_file_that_says_something_else_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    file = tmp_path / "plans.toml"
    file.write_text(text)

    with pytest.raises(ValueError, match=message):
        load_plans(file)

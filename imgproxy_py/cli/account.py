"""`imgproxy-py account`: make accounts, list them, change their plan, switch them off and on."""

import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import click

from imgproxy_py.accounts.account import Account, made_up_username
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.cli.installation import (
    Installation,
    as_json_option,
    in_installation,
    moment,
    print_json,
    print_list,
)
from imgproxy_py.cli.url_rules import url_rules
from imgproxy_py.cli.webhook_secret import webhook_secret
from imgproxy_py.moments import utc_text

_HEADINGS = ("username", "plan", "state", "keys", "images this month", "created (UTC)")


@click.group(short_help="Make and manage accounts.")
def account() -> None:
    """Make and manage accounts. A running server notices changes within five seconds."""


@account.command()
@click.argument("username", required=False)
@click.option("--plan", default="free", show_default=True, help="A plan of docs/accounts.md.")
@as_json_option
def create(username: str | None, plan: str, as_json: bool) -> None:
    """Make an account. Without a USERNAME one is made up."""
    name = username or made_up_username()
    made = in_installation(
        lambda here: here.repository.create(name, plan=plan), makes_database=True
    )
    told = (
        f'made the account "{made.username}" on the plan "{made.plan}"\n'
        f"for an API key: imgproxy-py key create --account {shlex.quote(made.username)}"
    )
    _tell(made, told, as_json=as_json)


@account.command("list", short_help="List all accounts.")
@as_json_option
def list_(as_json: bool) -> None:
    """List all accounts, oldest first, with their keys and images of this month."""
    found = in_installation(_standings)
    print_list(found, _HEADINGS, row=_Standing.as_row, told=_Standing.as_json, as_json=as_json)


@account.command()
@click.argument("username")
@click.argument("plan")
@as_json_option
def set_plan(username: str, plan: str, as_json: bool) -> None:
    """Put an account on another plan. Keys that it has already go on working."""
    _change(
        lambda here: here.repository.set_plan(username, plan),
        f'the account "{username}" is on the plan "{plan}" now',
        as_json=as_json,
    )


@account.command()
@click.argument("username")
@as_json_option
def disable(username: str, as_json: bool) -> None:
    """Switch an account off: its username and its keys are refused."""
    _change(
        lambda here: here.repository.set_disabled(username, True),
        f'the account "{username}" is disabled now',
        as_json=as_json,
    )


@account.command()
@click.argument("username")
@as_json_option
def enable(username: str, as_json: bool) -> None:
    """Switch an account on again, with the keys that it had."""
    _change(
        lambda here: here.repository.set_disabled(username, False),
        f'the account "{username}" is enabled now',
        as_json=as_json,
    )


def _change(
    change: Callable[[Installation], Awaitable[Account]], told: str, *, as_json: bool
) -> None:
    _tell(in_installation(change), told, as_json=as_json)


def _tell(changed: Account, told: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_account_json(changed))
    else:
        click.echo(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """One line of the list. `plan` is None when the table has it no longer."""

    account: Account
    plan: Plan | None
    keys: int
    images: int

    @property
    def max_keys(self) -> int | None:
        return None if self.plan is None else self.plan.max_keys

    @property
    def max_images(self) -> int | None:
        return None if self.plan is None else self.plan.max_images_per_month

    def as_json(self) -> dict[str, object]:
        return _account_json(self.account) | {
            "active_keys": self.keys,
            "max_keys": self.max_keys,
            "images_this_month": self.images,
            "max_images_per_month": self.max_images,
        }

    def as_row(self) -> tuple[str, ...]:
        name = self.account.plan
        return (
            self.account.username,
            name if self.plan else f"{name} (no longer a plan here)",
            "disabled" if self.account.is_disabled else "enabled",
            _of(self.keys, self.max_keys),
            _of(self.images, self.max_images),
            moment(self.account.created_at),
        )


async def _standings(here: Installation) -> list[_Standing]:
    keys = await here.repository.count_keys()
    images = await here.meter.used_this_month()
    return [
        _Standing(
            account=each,
            plan=here.plans.get(each.plan),
            keys=keys.get(each.id, 0),
            images=images.get(each.id, 0),
        )
        for each in await here.repository.list_accounts()
    ]


def _of(count: int, limit: int | None) -> str:
    return f"{count:,}" if limit is None else f"{count:,} of {limit:,}"


def _account_json(told: Account) -> dict[str, object]:
    return {
        "id": told.id,
        "username": told.username,
        "plan": told.plan,
        "is_disabled": told.is_disabled,
        "created_at": utc_text(told.created_at),
    }


account.add_command(webhook_secret)
account.add_command(url_rules)

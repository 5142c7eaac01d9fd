"""`imgproxy-py signing-key`: the keys that sign an account's URLs."""

import click

from imgproxy_py.accounts.url_signature import SigningKey, secret_text
from imgproxy_py.cli.installation import (
    Installation,
    as_json_option,
    in_installation,
    moment,
    print_json,
    print_list,
)
from imgproxy_py.moments import utc_text

_HEADINGS = ("id", "created (UTC)", "state")

_account_option = click.option(
    "--account", "username", required=True, metavar="NAME", help="The account's username."
)


@click.group("signing-key", short_help="Make and manage keys that sign URLs.")
def signing_key() -> None:
    """Make and manage the keys that sign an account's URLs.

    An account may have several: make a new one, sign with it, and revoke the old one once no page
    shows its URLs any more. A running server notices changes within five seconds.
    """


@signing_key.command()
@_account_option
@as_json_option
def create(username: str, as_json: bool) -> None:
    """Make a signing key and print it, as ID:SECRET."""

    async def work(here: Installation) -> SigningKey:
        return await here.access.issue(await here.account(username))

    made = in_installation(work)
    if as_json:
        print_json(_key_json(made) | {"secret": secret_text(made.secret)})
        return
    click.echo("the signing key, shown only now; keep it where your URLs are made:\n")
    click.echo(f"  {made.id}:{secret_text(made.secret)}\n")


@signing_key.command("list")
@_account_option
@click.option("--all", "shows_revoked", is_flag=True, help="Revoked keys too.")
@as_json_option
def list_(username: str, shows_revoked: bool, as_json: bool) -> None:
    """List an account's signing keys, oldest first, without their secrets."""

    async def work(here: Installation) -> list[SigningKey]:
        return await here.access.keys(await here.account(username))

    found = [each for each in in_installation(work) if each.is_active or shows_revoked]
    print_list(found, _HEADINGS, row=_row, told=_key_json, as_json=as_json)


@signing_key.command()
@_account_option
@click.argument("key_id", metavar="ID")
def revoke(username: str, key_id: str) -> None:
    """Revoke the key ID: URLs that it signed are refused."""

    async def work(here: Installation) -> None:
        await here.access.revoke(await here.account(username), key_id)

    in_installation(work)
    click.echo(f"revoked the signing key {key_id}")


def _row(told: SigningKey) -> tuple[str, ...]:
    state = "active" if told.revoked_at is None else f"revoked {moment(told.revoked_at)}"
    return (told.id, moment(told.created_at), state)


def _key_json(told: SigningKey) -> dict[str, object]:
    return {
        "id": told.id,
        "created_at": utc_text(told.created_at),
        "revoked_at": utc_text(told.revoked_at),
    }

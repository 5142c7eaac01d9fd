"""`imgproxy-py key`: make API keys, list them, replace them, revoke them."""

import click

from imgproxy_py.accounts.api_key import ApiKey, IssuedKey, chosen_key
from imgproxy_py.cli.installation import (
    Installation,
    as_json_option,
    in_installation,
    moment,
    print_json,
    print_list,
)
from imgproxy_py.moments import utc_text

# Enough to name a key by; `--json` has all of it.
_ID_CHARACTERS = 12
_HEADINGS = ("id", "name", "ends with", "created (UTC)", "last used (UTC)", "state")

_account_option = click.option(
    "--account", "username", required=True, metavar="NAME", help="The account's username."
)


@click.group(short_help="Make and manage API keys.")
def key() -> None:
    """Make and manage API keys of an account.

    A KEY is named by its id or how it begins, by its name, or by its last four characters. A
    running server notices changes within five seconds.
    """


@key.command()
@_account_option
@click.option("--name", default="API", show_default=True, help="What the key is for.")
@as_json_option
def create(username: str, name: str, as_json: bool) -> None:
    """Make a key and print it. It is shown only now: what is kept is a hash."""

    async def work(here: Installation) -> IssuedKey:
        return await here.repository.issue_key(await here.account(username), name=name)

    _tell_issued(in_installation(work), as_json=as_json)


@key.command("list")
@_account_option
@click.option("--all", "shows_revoked", is_flag=True, help="Revoked keys too.")
@as_json_option
def list_(username: str, shows_revoked: bool, as_json: bool) -> None:
    """List the keys of an account, oldest first."""

    async def work(here: Installation) -> list[ApiKey]:
        return await here.repository.list_keys(await here.account(username))

    found = [each for each in in_installation(work) if each.is_active or shows_revoked]
    print_list(found, _HEADINGS, row=_row, told=_key_json, as_json=as_json)


@key.command()
@_account_option
@click.argument("key", metavar="KEY")
@as_json_option
def rotate(username: str, key: str, as_json: bool) -> None:
    """Make a new key of the same name and revoke KEY, both at once."""

    async def work(here: Installation) -> IssuedKey:
        account = await here.account(username)
        chosen = chosen_key(await here.repository.list_keys(account), key)
        return await here.repository.rotate_key(account, chosen.id)

    _tell_issued(in_installation(work), as_json=as_json)


@key.command()
@_account_option
@click.argument("key", metavar="KEY")
@as_json_option
def revoke(username: str, key: str, as_json: bool) -> None:
    """Revoke KEY: nobody comes in with it any more."""

    async def work(here: Installation) -> ApiKey:
        account = await here.account(username)
        chosen = chosen_key(await here.repository.list_keys(account), key)
        return await here.repository.revoke_key(account, chosen.id)

    revoked = in_installation(work)
    if as_json:
        print_json(_key_json(revoked))
    else:
        click.echo(f'revoked the key "{revoked.name}" that ends with {revoked.last_four}')


def _tell_issued(issued: IssuedKey, *, as_json: bool) -> None:
    """The plaintext alone on its line, so that it can be copied whole."""
    if as_json:
        print_json(_key_json(issued.key) | {"key": issued.plaintext})
        return
    click.echo(f'the key "{issued.key.name}", shown only now; keep it somewhere safe:\n')
    click.echo(f"  {issued.plaintext}\n")


def _row(told: ApiKey) -> tuple[str, ...]:
    state = "active" if told.revoked_at is None else f"revoked {moment(told.revoked_at)}"
    return (
        told.id[:_ID_CHARACTERS],
        told.name,
        told.last_four,
        moment(told.created_at),
        moment(told.last_used_at),
        state,
    )


def _key_json(told: ApiKey) -> dict[str, object]:
    """As `GET /api/v1/keys` tells it; never the key itself."""
    return {
        "id": told.id,
        "name": told.name,
        "last_four": told.last_four,
        "created_at": utc_text(told.created_at),
        "last_used_at": utc_text(told.last_used_at),
        "revoked_at": utc_text(told.revoked_at),
    }

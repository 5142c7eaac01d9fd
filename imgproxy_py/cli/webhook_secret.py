"""`imgproxy-py account webhook-secret`: what an account's receivers check callbacks with."""

import asyncio
import json
import sys

import click

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.jobs.webhook import account_secret, secret_text
from imgproxy_py.settings import Settings
from imgproxy_py.store.secret_keys import load_secret_keys


@click.command("webhook-secret")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def webhook_secret(name: str, as_json: bool) -> None:
    """Show the secret that callbacks of the account NAME are signed with.

    It is made from the server's newest secret key, so it stays the same as long as that does.
    """
    settings = load_settings()
    account = asyncio.run(_find(settings, name))
    if account is None:
        click.echo(f'there is no account named "{name}"', err=True)
        sys.exit(1)
    newest = load_secret_keys(settings.data_dir, settings.secret_keys)[-1]
    secret = secret_text(account_secret(newest, account.id))
    if as_json:
        click.echo(json.dumps({"account": account.username, "webhook_secret": secret}))
    else:
        click.echo(secret)


async def _find(settings: Settings, name: str) -> Account | None:
    await migrate(settings.database_url)
    database = Database(settings.database_url)
    try:
        return await AccountRepository(database).find(name)
    finally:
        await database.dispose()

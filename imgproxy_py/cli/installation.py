"""The accounts of this installation, opened for one command; a server may run beside it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn, TypeVar

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import UnknownAccount
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import Plan, load_plans
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.url_access import UrlAccess
from imgproxy_py.cli.footing import missing_path
from imgproxy_py.cli.loading import load_settings
from imgproxy_py.database.database import Database
from imgproxy_py.database.migrate import migrate
from imgproxy_py.errors import ImgproxyError
from imgproxy_py.settings import Settings

T = TypeVar("T")

_PIPE_CHARACTERS = 500

as_json_option = click.option("--json", "as_json", is_flag=True, help="JSON on standard output.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    repository: AccountRepository
    access: UrlAccess
    meter: Meter
    plans: Mapping[str, Plan]

    async def account(self, username: str) -> Account:
        """The account, disabled or not; UnknownAccount when there is none."""
        account = await self.repository.find(username)
        if account is None:
            raise UnknownAccount(username)
        return account


def in_installation(
    work: Callable[[Installation], Awaitable[T]], *, makes_database: bool = False
) -> T:
    """What `work` comes to. Ends the command with 1 and a reason when it cannot be done."""
    settings = load_settings()
    missing = missing_path(settings.database_url)
    if missing is not None and not makes_database:
        _end(
            f"there is no database at {missing.absolute()}; is IMGPROXY_PY_DATA_DIR that of the "
            "server? A first account makes one: imgproxy-py account create"
        )

    async def run() -> T:
        async with _opened(settings) as installation:
            return await work(installation)

    try:
        return asyncio.run(run())
    except ImgproxyError as error:
        _end(str(error))
    finally:
        if missing is not None and missing.exists():
            click.echo(f"made the database {missing.absolute()}", err=True)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Installation]:
    try:
        await migrate(settings.database_url)
    except Exception as error:  # noqa: BLE001 - whatever a database can say
        _end(f"the database cannot be opened: {str(error).partition(chr(10))[0]}")
    database = Database(settings.database_url)
    plans = load_plans(settings.plans_file)
    try:
        yield Installation(
            repository=AccountRepository(database, plans=plans),
            access=UrlAccess(database),
            meter=Meter(database, plans=plans),
            plans=plans,
        )
    finally:
        await database.dispose()


def _end(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    sys.exit(1)


def print_json(told: object) -> None:
    click.echo(json.dumps(told, ensure_ascii=False))


def print_list(
    found: Sequence[T],
    headings: Sequence[str],
    *,
    row: Callable[[T], Sequence[str]],
    told: Callable[[T], object],
    as_json: bool,
) -> None:
    """Each as a row under the headings, or all as one list in JSON."""
    if as_json:
        print_json([told(each) for each in found])
    else:
        print_table(headings, [row(each) for each in found])


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Folded to the width of a terminal; in a pipe every row is one line."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # brackets in a name are no markup
    Console(width=None if sys.stdout.isatty() else _PIPE_CHARACTERS).print(table)


def moment(at: datetime | None) -> str:
    """For a person, in UTC."""
    return "never" if at is None else at.strftime("%Y-%m-%d %H:%M")

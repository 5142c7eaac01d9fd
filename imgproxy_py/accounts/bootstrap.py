"""The first account of an installation, made when there is none yet."""

from dataclasses import dataclass

from imgproxy_py.accounts.account import Account, made_up_username
from imgproxy_py.accounts.api_key import IssuedKey
from imgproxy_py.accounts.plan import UNLIMITED
from imgproxy_py.accounts.repository import AccountRepository, count_accounts
from imgproxy_py.database.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapResult:
    """The account just made; its key's plaintext is to be shown now or never."""

    account: Account
    key: IssuedKey


async def bootstrap(
    database: Database,
    repository: AccountRepository,
    *,
    username: str | None = None,
    api_key: str | None = None,
    plan: str = UNLIMITED,
) -> BootstrapResult | None:
    """Make the first account, or None when there is one already.

    Counting and making are one writing transaction, which has the database to itself: of
    processes that start together, one makes the account and the others find it.
    """
    async with database.session() as session:
        if await count_accounts(session):
            return None
    async with database.begin() as session:
        if await count_accounts(session):
            return None
        account = await repository.create_in(session, username or made_up_username(), plan=plan)
        key = await repository.issue_key_in(session, account, name="first", plaintext=api_key)
    return BootstrapResult(account=account, key=key)

"""Who asks: an account, the key it came with, and the plan it is on."""

from dataclasses import dataclass

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.api_key import ApiKey
from imgproxy_py.accounts.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """`key` is None for who came by username, on the URL surface."""

    account: Account
    plan: Plan
    key: ApiKey | None = None

    @property
    def key_id(self) -> str:
        """As usage is kept: empty for who came by username."""
        return "" if self.key is None else self.key.id

"""How an account is told that the month has no room for a job."""

from typing import Protocol

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.errors import QuotaExceeded
from imgproxy_py.accounts.quota import MonthUsage


class Quota(Protocol):
    async def month(self, account: Account) -> MonthUsage:
        """Where an account stands in the month of now."""
        ...


async def out_of_quota(quota: Quota, account: Account) -> QuotaExceeded:
    """The refusal; it says when the quota begins anew."""
    month = await quota.month(account)
    # What is limited has a limit; 0 stands for a plan that has lost its own meanwhile.
    return QuotaExceeded(max_images=month.limit or 0, resets_on=month.resets_at.date().isoformat())

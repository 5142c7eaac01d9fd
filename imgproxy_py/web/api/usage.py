"""`GET /api/v1/usage?month=2026-11`: what an account had made, by day and by key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from imgproxy_py.accounts.api_key import ApiKey
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.quota import month_of
from imgproxy_py.accounts.repository import AccountRepository
from imgproxy_py.accounts.usage import Counts, UsageReport
from imgproxy_py.moments import utc_now
from imgproxy_py.web.api.account import quota_json
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.query import query_of
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.errors import QueryInvalid
from imgproxy_py.web.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageApi:
    """Months and days are those of UTC."""

    meter: Meter
    repository: AccountRepository
    now: Callable[[], datetime] = utc_now

    def routes(self) -> tuple[Route, ...]:
        return (Route(method="GET", template="/api/v1/usage", handler=self._usage),)

    async def _usage(self, call: ApiCall) -> Reply:
        account = call.caller.account
        this_month = month_of(self.now())
        month = query_of(call).get("month", this_month)
        try:
            report = await self.meter.report(account, month)
        except ValueError as error:
            raise QueryInvalid(str(error)) from error
        keys = {key.id: key for key in await self.repository.list_keys(account)}
        quota = await self.meter.month(account) if month == this_month else None
        return json_reply(
            {
                "username": account.username,
                "plan": account.plan,
                "month": month,
                "quota": None if quota is None else quota_json(quota),
                "total": _counts(report.total),
                "by_day": _by_day(report),
                "by_key": _by_key(report, keys),
            }
        )


def _by_day(report: UsageReport) -> list[dict[str, object]]:
    return [{"day": day.isoformat(), **_counts(counts)} for day, counts in report.by_day.items()]


def _by_key(report: UsageReport, keys: Mapping[str, ApiKey]) -> list[dict[str, object]]:
    """What came by username, on the URL surface, has no key: null."""
    told = []
    for key_id, counts in report.by_key.items():
        key = keys.get(key_id)
        named = {
            "key_id": key_id or None,
            "name": key and key.name,
            "last_four": key and key.last_four,
        }
        told.append(named | _counts(counts))
    return told


def _counts(counts: Counts) -> dict[str, object]:
    """Sizes as in the answers of `/api/optimize`, in bytes, over all answers, cached ones too."""
    return {
        "images": counts.images,
        "cache_hits": counts.cache_hits,
        "failures": counts.failures,
        "original_size": counts.source_bytes,
        "optimized_size": counts.result_bytes,
        "saved_bytes": counts.saved_bytes,
    }

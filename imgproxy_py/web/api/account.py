"""`GET /api/v1/account`: who asks, and what their plan allows."""

from dataclasses import dataclass

from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import Plan
from imgproxy_py.accounts.quota import MonthUsage
from imgproxy_py.moments import utc_text
from imgproxy_py.web.api.call import ApiCall
from imgproxy_py.web.api.json_reply import json_reply
from imgproxy_py.web.api.keys import key_json
from imgproxy_py.web.api.routes import Route
from imgproxy_py.web.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountApi:
    meter: Meter

    def routes(self) -> tuple[Route, ...]:
        return (Route(method="GET", template="/api/v1/account", handler=self._account),)

    async def _account(self, call: ApiCall) -> Reply:
        caller = call.caller
        return json_reply(
            {
                "username": caller.account.username,
                "created_at": utc_text(caller.account.created_at),
                "plan": plan_json(caller.plan),
                "quota": quota_json(await self.meter.month(caller.account)),
                "key": None if caller.key is None else key_json(caller.key, asked_with=caller.key),
            }
        )


def plan_json(plan: Plan) -> dict[str, object]:
    """null means without limit."""
    return {
        "name": plan.name,
        "max_keys": plan.max_keys,
        "max_requests_per_minute": plan.max_requests_per_minute,
        "max_images_per_month": plan.max_images_per_month,
    }


def quota_json(month: MonthUsage) -> dict[str, object]:
    """Images of the month of now; a limit of null is none."""
    return {
        "month": month.month,
        "used": month.used,
        "reserved": month.reserved,
        "limit": month.limit,
        "remaining": month.remaining,
        "resets_at": utc_text(month.resets_at),
    }

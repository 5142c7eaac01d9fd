"""A meter on a real database, at a time that a test sets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from imgproxy_py.accounts.account import Account
from imgproxy_py.accounts.meter import Meter
from imgproxy_py.accounts.plan import PLANS, Plan
from imgproxy_py.database.database import Database

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@dataclass(kw_only=True)
class Calendar:
    """The time, which stands still until it is moved."""

    moment: datetime = field(default=NOON)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


def plans_with(images: int | None) -> Mapping[str, Plan]:
    """The table with a plan `small` of so many images a month."""
    small = Plan(name="small", max_keys=1, max_requests_per_minute=60, max_images_per_month=images)
    return {**PLANS, "small": small}


def meter_of(database: Database, images: int | None, calendar: Calendar | None = None) -> Meter:
    return Meter(database, plans=plans_with(images), now=calendar or Calendar())


def ids(count: int) -> list[str]:
    return [uuid4().hex for _ in range(count)]


async def standing(meter: Meter, account: Account) -> tuple[int, int]:
    """Used and reserved."""
    month = await meter.month(account)
    return month.used, month.reserved

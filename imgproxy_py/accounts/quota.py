"""The arithmetic of monthly quotas: months in UTC, when they turn, and how many images fit."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

# Four digits of a year that leaves room for the month after it.
_MONTH = re.compile(r"([1-8]\d{3})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthUsage:
    """Where an account stands in a month, `2026-11`. `limit` is None where nothing is limited.

    `reserved` images are being worked on. The quota begins anew at `resets_at`.
    """

    month: str
    used: int
    reserved: int
    limit: int | None
    resets_at: datetime

    @property
    def remaining(self) -> int | None:
        """Images that may still be asked for; None means without limit."""
        if self.limit is None:
            return None
        return max(0, self.limit - self.used - self.reserved)


def month_of(moment: datetime) -> str:
    """The month in UTC, as it is kept: `2026-11`."""
    in_utc = moment.astimezone(UTC)
    return f"{in_utc.year:04}-{in_utc.month:02}"


def first_moment(month: str) -> datetime:
    """The beginning of `2026-11`; ValueError for any other text."""
    matched = _MONTH.fullmatch(month)
    if matched is None:
        raise ValueError(f'"{month}" is no month; write it as 2026-11')
    return datetime(int(matched[1]), int(matched[2]), 1, tzinfo=UTC)


def resets_at(month: str) -> datetime:
    """The first moment of the following month, when a quota begins anew."""
    first = first_moment(month)
    years, months = divmod(first.month, 12)
    return first.replace(year=first.year + years, month=months + 1)


def how_many_fit(asked: int, *, taken: int, limit: int) -> int:
    """How many of `asked` images stay within the limit; 0 also where a plan became smaller.

    `taken` are those used and those reserved.
    """
    return max(0, min(asked, limit - taken))

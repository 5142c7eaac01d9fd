"""What accounts did, by day and key: counted in memory, read as a report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

Place = tuple[str, str, date]
"""Account id, key id (empty for who came by username) and day in UTC."""


@dataclass(slots=True, kw_only=True)
class Counts:
    """Grows while it is counted. `images` were made anew; bytes are those of all answers."""

    images: int = 0
    cache_hits: int = 0
    failures: int = 0
    source_bytes: int = 0
    result_bytes: int = 0

    @property
    def saved_bytes(self) -> int:
        return self.source_bytes - self.result_bytes

    def add(self, other: "Counts") -> None:
        self.images += other.images
        self.cache_hits += other.cache_hits
        self.failures += other.failures
        self.source_bytes += other.source_bytes
        self.result_bytes += other.result_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """One month of one account. Days and keys without anything are left out; a key is named by
    its id, and the empty id stands for what came by username."""

    month: str
    total: Counts
    by_day: Mapping[date, Counts]
    by_key: Mapping[str, Counts]


def report_of(month: str, rows: Iterable[tuple[str, date, Counts]]) -> UsageReport:
    """Rows are key id, day and counts; the report keeps the order in which it meets them."""
    total = Counts()
    by_day: dict[date, Counts] = {}
    by_key: dict[str, Counts] = {}
    for key_id, day, counts in rows:
        total.add(counts)
        by_day.setdefault(day, Counts()).add(counts)
        by_key.setdefault(key_id, Counts()).add(counts)
    return UsageReport(month=month, total=total, by_day=by_day, by_key=by_key)


class Gathered:
    """What waits to be written. As large as there are keys in use, however many requests came.

    `images` are those of plans without a monthly limit, by account id and month: nobody reserves
    them, so they are counted here.
    """

    def __init__(self) -> None:
        self.days: dict[Place, Counts] = {}
        self.images: dict[tuple[str, str], int] = {}

    def __bool__(self) -> bool:
        return bool(self.days or self.images)

    def at(self, place: Place) -> Counts:
        counts = self.days.get(place)
        if counts is None:
            counts = self.days[place] = Counts()
        return counts

    def count_image(self, account_id: str, month: str) -> None:
        place = (account_id, month)
        self.images[place] = self.images.get(place, 0) + 1

    def merge(self, other: "Gathered") -> None:
        """Take back what could not be written."""
        for place, counts in other.days.items():
            self.at(place).add(counts)
        for month, images in other.images.items():
            self.images[month] = self.images.get(month, 0) + images

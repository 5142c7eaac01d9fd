"""Usage: counted in memory while requests come, written together now and then."""

from datetime import date

from imgproxy_py.accounts import usage_rows
from imgproxy_py.accounts.usage import Counts, Gathered, UsageReport
from imgproxy_py.database.database import Database


class UsageBook:
    """Several processes write into the same rows; each adds what it has counted itself."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gathered = Gathered()

    @property
    def has_unwritten(self) -> bool:
        return bool(self._gathered)

    def at(self, account_id: str, key_id: str, day: date) -> Counts:
        """Where to count for the reports, until the next writing."""
        return self._gathered.at((account_id, key_id, day))

    def count_image(self, account_id: str, month: str) -> None:
        """One image more of an account whose months have no limit."""
        self._gathered.count_image(account_id, month)

    async def write(self) -> None:
        """Add what was counted to what is there; when that fails it is kept, and the error raised.

        A cancelled writing may have been committed; then it is counted twice rather than lost.
        """
        gathered, self._gathered = self._gathered, Gathered()
        if not gathered:
            return
        try:
            await usage_rows.write(self._database, gathered)
        except BaseException:
            self._gathered.merge(gathered)
            raise

    async def report(self, account_id: str, *, month: str) -> UsageReport:
        """What is written of one month; ValueError when `month` is none."""
        return await usage_rows.read(self._database, account_id, month=month)

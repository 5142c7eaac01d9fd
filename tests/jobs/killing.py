"""What two hundred jobs came to, read from the files that are left: the database and the store."""

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.pictures import landscape

JOBS = 200
BROKEN_EVERY = 20
SETTINGS = {"BOOTSTRAP_PLAN": "business", "ENGINE_WORKERS": "2", "REFINE": "off"}
# A lease of the killed process has to run out first (leases.py), then the work goes on.
WAIT_SECONDS = 150


def pictures() -> list[bytes]:
    """Small photographs, no two alike; every twentieth is cut off in the middle."""
    base = landscape(640, 480)
    found = []
    for number in range(JOBS):
        piece = base.crop(number * 2, number, 200, 150)
        data = bytes(piece.jpegsave_buffer(Q=90))
        found.append(data[:200] if number % BROKEN_EVERY == 0 else data)
    return found


@dataclass(frozen=True, kw_only=True)
class Row:
    id: str
    state: str
    attempt: int
    finished_at: str | None
    error_code: str | None
    result: Any


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """All that is known of the jobs under `data_dir`, whatever process is alive."""

    data_dir: Path

    def rows(self) -> dict[str, Row]:
        query = "SELECT id, state, attempt, finished_at, error_code, result FROM jobs"
        return {
            row[0]: Row(
                id=row[0],
                state=row[1],
                attempt=row[2],
                finished_at=row[3],
                error_code=row[4],
                result=None if row[5] is None else json.loads(row[5]),
            )
            for row in self._asked(query)
        }

    def finished(self) -> dict[str, Row]:
        return {key: row for key, row in self.rows().items() if row.finished_at is not None}

    def used_images(self) -> int:
        return sum(row[0] for row in self._asked("SELECT used FROM quota_months"))

    def reservations(self) -> int:
        return int(self._asked("SELECT count(*) FROM quota_reservations")[0][0])

    def uploads(self) -> list[str]:
        folder = self.data_dir / "results" / "uploads"
        return [path.name for path in folder.iterdir()] if folder.exists() else []

    def contents(self) -> set[str]:
        """Hashes of everything in the store."""
        files = (path for path in (self.data_dir / "results").rglob("*") if path.is_file())
        return {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def _asked(self, query: str) -> list[Any]:
        connection = sqlite3.connect(self.data_dir / "imgproxy.db", timeout=30)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


def check_all_ended_once(ledger: Ledger, finished_before: dict[str, Row]) -> None:
    """Every job ended, as it should, once; what had ended before the kill is as it was."""
    rows = ledger.rows()
    states = [row.state for row in rows.values()]
    assert len(rows) == JOBS
    assert states.count("failed") == JOBS // BROKEN_EVERY
    assert states.count("succeeded") == JOBS - JOBS // BROKEN_EVERY
    failed = {row.error_code for row in rows.values() if row.state == "failed"}
    assert failed == {"broken_image"}
    assert {key: rows[key] for key in finished_before} == finished_before

    assert ledger.used_images() == states.count("succeeded")
    assert ledger.reservations() == 0
    made = {row.result["sha256"] for row in rows.values() if row.result is not None}
    assert made <= ledger.contents()
    assert ledger.uploads() == []

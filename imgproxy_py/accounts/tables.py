"""The tables of accounts; `database/migrations` makes them, and a test compares the two."""

from sqlalchemy import BigInteger, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table

from imgproxy_py.database.metadata import metadata
from imgproxy_py.database.types import UtcDateTime

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("username", String(100), nullable=False, unique=True),
    Column("plan", String(100), nullable=False),
    Column("is_disabled", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("last_four", String(4), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
)

# What was counted against the quota of one month, `2026-11`, in UTC.
quota_months = Table(
    "quota_months",
    metadata,
    Column("account_id", String(32), ForeignKey("accounts.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("used", Integer, nullable=False),
)

# Images that are being worked on; whoever was killed meanwhile loses them at `expires_at`.
quota_reservations = Table(
    "quota_reservations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("month", String(7), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_quota_reservations_account_id", "account_id", "month"),
)

# Analytics by day (UTC) and key; `key_id` is empty for what came by username.
usage_days = Table(
    "usage_days",
    metadata,
    Column("account_id", String(32), ForeignKey("accounts.id"), primary_key=True),
    Column("key_id", String(32), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("images", Integer, nullable=False),
    Column("cache_hits", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("source_bytes", BigInteger, nullable=False),
    Column("result_bytes", BigInteger, nullable=False),
)

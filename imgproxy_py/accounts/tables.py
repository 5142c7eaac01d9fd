"""The tables of accounts; `database/migrations` makes them, and a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

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

# Who may use an account's URLs; an account without a row has no such rules. Lists by commas.
url_rules = Table(
    "url_rules",
    metadata,
    Column("account_id", String(32), ForeignKey("accounts.id"), primary_key=True),
    Column("requires_signature", Boolean, nullable=False),
    Column("allowed_sources", Text, nullable=False),
    Column("allowed_referrers", Text, nullable=False),
)

# Keys that sign URLs. Checking a signature takes the secret itself, so a hash would not do.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False, index=True),
    Column("secret", LargeBinary(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

# What accounts keep for good: results in the store's library, which tells neither whose they are
# nor how many. `sha256` names their bytes, which several of them may share.
library_results = Table(
    "library_results",
    metadata,
    Column("result_id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("filename", String(255), nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
    Index("ix_library_results_account_id_kept_at", "account_id", "kept_at"),
)

"""The JSON API: quotas, usage, idempotency keys, batches and jobs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.String(32)


def upgrade() -> None:
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("last_used_at", sa.DateTime(), nullable=True))
    _accounting()
    _idempotency()
    _jobs()


def _accounting() -> None:
    op.create_table(
        "quota_months",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "month", name="pk_quota_months"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_quota_months_account_id_accounts"
        ),
    )
    op.create_table(
        "quota_reservations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quota_reservations"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_quota_reservations_account_id_accounts"
        ),
    )
    op.create_index(
        "ix_quota_reservations_account_id", "quota_reservations", ["account_id", "month"]
    )
    op.create_table(
        "usage_days",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("key_id", _ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("cache_hits", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("source_bytes", sa.BigInteger(), nullable=False),
        sa.Column("result_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key_id", "day", name="pk_usage_days"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_usage_days_account_id_accounts"
        ),
    )


def _idempotency() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("payload_sha256", sa.String(64), nullable=False),
        sa.Column("claim", _ID, nullable=True),
        sa.Column("claimed_until", sa.DateTime(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_idempotency_keys_account_id_accounts"
        ),
    )
    op.create_index("ix_idempotency_keys_expires_at", "idempotency_keys", ["expires_at"])


def _jobs() -> None:
    op.create_table(
        "batches",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("client_batch_id", sa.String(255), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("total_files", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint(
            "account_id", "client_batch_id", name="uq_batches_account_id_client_batch_id"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_batches_account_id_accounts"
        ),
    )
    op.create_table(
        "batch_chunks",
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("request_sha256", sa.String(64), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "number", name="pk_batch_chunks"),
        sa.UniqueConstraint(
            "batch_id", "request_sha256", name="uq_batch_chunks_batch_id_request_sha256"
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name="fk_batch_chunks_batch_id_batches"
        ),
    )
    op.create_table(
        "batch_rejections",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=True),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch_rejections"),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name="fk_batch_rejections_batch_id_batches"
        ),
    )
    op.create_index("ix_batch_rejections_batch_id", "batch_rejections", ["batch_id"])
    op.create_table(
        "jobs",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("key_id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("order", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(), nullable=False),
        sa.Column("owner", _ID, nullable=True),
        sa.Column("lease_until", sa.DateTime(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error_code", sa.String(64), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("callback_url", sa.Text(), nullable=True),
        sa.Column("callback_attempt", sa.Integer(), nullable=False),
        sa.Column("callback_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_jobs_account_id_accounts"
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_jobs_batch_id_batches"),
    )
    op.create_index("ix_jobs_account_id_created_at", "jobs", ["account_id", "created_at"])
    op.create_index("ix_jobs_batch_id_number", "jobs", ["batch_id", "number"])
    op.create_index(
        "ix_jobs_state_account_id_not_before", "jobs", ["state", "account_id", "not_before"]
    )
    op.create_index("ix_jobs_callback_at", "jobs", ["callback_at"])


def downgrade() -> None:
    for name in (
        "jobs",
        "batch_rejections",
        "batch_chunks",
        "batches",
        "idempotency_keys",
        "usage_days",
        "quota_reservations",
        "quota_months",
    ):
        op.drop_table(name)
    with op.batch_alter_table("api_keys") as table:
        table.drop_column("last_used_at")

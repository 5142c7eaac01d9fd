"""Callbacks of batches, libraries of accounts, and no passwords in URLs of jobs that have ended."""

import json
import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.String(32)
_USER_INFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:/{1,2})[^/?#]*@")


def upgrade() -> None:
    with op.batch_alter_table("batches") as table:
        table.add_column(sa.Column("callback_url", sa.Text(), nullable=True))
        table.add_column(
            sa.Column("awaits_callback", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("callback_attempt", sa.Integer(), nullable=False, server_default="0")
        )
        table.add_column(sa.Column("callback_at", sa.DateTime(), nullable=True))
    op.create_index("ix_batches_account_id_created_at", "batches", ["account_id", "created_at"])
    op.create_index("ix_batches_awaits_callback", "batches", ["awaits_callback"])
    op.create_index("ix_batches_callback_at", "batches", ["callback_at"])
    with op.batch_alter_table("batch_rejections") as table:
        table.add_column(sa.Column("place", sa.Integer(), nullable=True))
    with op.batch_alter_table("jobs") as table:
        table.add_column(sa.Column("user_info", sa.Text(), nullable=True))
    op.create_index("ix_jobs_finished_at", "jobs", ["finished_at"])
    _forget_user_info()
    _library()


def _forget_user_info() -> None:
    """Passwords in the source URLs of jobs that have ended are of no use any more."""
    jobs = sa.table("jobs", sa.column("id"), sa.column("order"), sa.column("finished_at"))
    found = sa.select(jobs.c.id, jobs.c.order).where(
        jobs.c.finished_at.is_not(None), jobs.c.order.like("%://%@%")
    )
    for job_id, text in op.get_bind().execute(found).all():
        order: dict[str, Any] = json.loads(text)
        url = order.get("source_url")
        if not isinstance(url, str) or not _USER_INFO.match(url):
            continue
        cleaned = json.dumps(order | {"source_url": _USER_INFO.sub(r"\1", url)})
        op.execute(sa.update(jobs).where(jobs.c.id == job_id).values(order=cleaned))


def _library() -> None:
    op.create_table(
        "library_results",
        sa.Column("result_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("kept_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("result_id", name="pk_library_results"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_library_results_account_id_accounts"
        ),
    )
    op.create_index(
        "ix_library_results_account_id_kept_at", "library_results", ["account_id", "kept_at"]
    )
    op.create_index("ix_library_results_sha256", "library_results", ["sha256"])


def downgrade() -> None:
    op.drop_table("library_results")
    op.drop_index("ix_jobs_finished_at", "jobs")
    with op.batch_alter_table("jobs") as table:
        table.drop_column("user_info")
    with op.batch_alter_table("batch_rejections") as table:
        table.drop_column("place")
    op.drop_index("ix_batches_callback_at", "batches")
    op.drop_index("ix_batches_awaits_callback", "batches")
    op.drop_index("ix_batches_account_id_created_at", "batches")
    with op.batch_alter_table("batches") as table:
        for name in ("callback_at", "callback_attempt", "awaits_callback", "callback_url"):
            table.drop_column(name)

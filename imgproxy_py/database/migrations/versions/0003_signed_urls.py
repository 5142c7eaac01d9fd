"""Signed URLs: rules of accounts' URLs and the keys that sign them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.String(32)


def upgrade() -> None:
    op.create_table(
        "url_rules",
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("requires_signature", sa.Boolean(), nullable=False),
        sa.Column("allowed_sources", sa.Text(), nullable=False),
        sa.Column("allowed_referrers", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_url_rules"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_url_rules_account_id_accounts"
        ),
    )
    op.create_table(
        "signing_keys",
        sa.Column("id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=False),
        sa.Column("secret", sa.LargeBinary(32), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_signing_keys"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_signing_keys_account_id_accounts"
        ),
    )
    op.create_index("ix_signing_keys_account_id", "signing_keys", ["account_id"])


def downgrade() -> None:
    op.drop_table("signing_keys")
    op.drop_table("url_rules")

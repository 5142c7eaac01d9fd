"""The tables of jobs; `database/migrations` makes them, and a test compares the two."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from imgproxy_py.database.metadata import metadata
from imgproxy_py.database.types import UtcDateTime

# One request that must not be done twice. While it runs, `claim` names the process that does it,
# until `claimed_until`; then status, headers (JSON) and body are the answer.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("account_id", String(32), ForeignKey("accounts.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("payload_sha256", String(64), nullable=False),
    Column("claim", String(32)),
    Column("claimed_until", UtcDateTime),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", LargeBinary),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_idempotency_keys_expires_at", "expires_at"),
)

# A callback is awaited once a chunk was taken, and due at `callback_at` when nothing of the batch
# is left to do. A batch that is being removed bears its own id as its name (retention.py).
batches = Table(
    "batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("client_batch_id", String(255), nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("total_files", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("callback_url", Text),
    Column("awaits_callback", Boolean, nullable=False, server_default=false()),
    Column("callback_attempt", Integer, nullable=False, server_default="0"),
    Column("callback_at", UtcDateTime),
    UniqueConstraint("account_id", "client_batch_id", name="uq_batches_account_id_client_batch_id"),
    Index("ix_batches_account_id_created_at", "account_id", "created_at"),
    Index("ix_batches_awaits_callback", "awaits_callback"),
    Index("ix_batches_callback_at", "callback_at"),
)

# A chunk is one request. `request_sha256` tells the same one, sent again; its jobs have the numbers
# from `first_number` on.
batch_chunks = Table(
    "batch_chunks",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("request_sha256", String(64), nullable=False),
    Column("first_number", Integer, nullable=False),
    Column("files", Integer, nullable=False),
    UniqueConstraint("batch_id", "request_sha256", name="uq_batch_chunks_batch_id_request_sha256"),
)

# Files of a batch that no job was made of, and why. `place` is a file's in its chunk, from 0; rows
# from before it was kept have none.
batch_rejections = Table(
    "batch_rejections",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("batch_id", String(32), ForeignKey("batches.id"), nullable=False, index=True),
    Column("chunk", Integer, nullable=False),
    Column("filename", String(255), nullable=False),
    Column("code", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("place", Integer),
)

# `number` counts the files of a batch; `order` is the JSON of job.py's JobOrder, `result` that of
# service/delivery.py's Delivery. A queued row may be claimed from `not_before` on. While it runs,
# its `owner` holds it until `lease_until`. `callback_at` is when the callback is due, if one is.
# `user_info` is that of the source URL, kept apart so that it is gone when the job has ended.
jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id"), nullable=False),
    Column("key_id", String(32), nullable=False),
    Column("batch_id", String(32), ForeignKey("batches.id")),
    Column("number", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("filename", String(255), nullable=False),
    Column("order", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("owner", String(32)),
    Column("lease_until", UtcDateTime),
    Column("result", Text),
    Column("error_code", String(64)),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("callback_url", Text),
    Column("callback_attempt", Integer, nullable=False),
    Column("callback_at", UtcDateTime),
    Column("user_info", Text),
    Index("ix_jobs_account_id_created_at", "account_id", "created_at"),
    Index("ix_jobs_batch_id_number", "batch_id", "number"),
    Index("ix_jobs_state_account_id_not_before", "state", "account_id", "not_before"),
    Index("ix_jobs_callback_at", "callback_at"),
    Index("ix_jobs_finished_at", "finished_at"),
)

"""How Alembic runs our migrations: over the connection that `migrate` hands in."""

from alembic import context
from sqlalchemy import Connection

from imgproxy_py.database.metadata import metadata


def run() -> None:
    connection: Connection = context.config.attributes["connection"]
    # The caller's transaction stays open round all of it: SQLite's DDL is transactional.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,  # SQLite alters a table by copying it
    )
    with context.begin_transaction():
        context.run_migrations()


run()

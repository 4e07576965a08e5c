"""What Alembic runs around its revisions: on the connection that ``store/migrate.py`` hands over."""

from alembic import context

from bitpail.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can undo DDL, whatever Alembic takes for granted; migrate.py begins the transaction.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

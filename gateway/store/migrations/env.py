"""Alembic's entry: runs the steps on the connection that `schema.upgrade` hands over."""

from alembic import context

from gateway.store.schema import metadata


def run() -> None:
    """Run what is asked, in the caller's transaction."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    context.run_migrations()


run()

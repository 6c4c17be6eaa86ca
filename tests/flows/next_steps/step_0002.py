"""Adds a column that the version before does not know, an index and a table, and takes nothing away."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Expand."""
    op.add_column("messages", sa.Column("colour", sa.Text, nullable=False, server_default="unknown"))
    op.create_index("ix_messages_colour", "messages", ["colour"])
    op.create_table("colours", sa.Column("name", sa.Text, primary_key=True))

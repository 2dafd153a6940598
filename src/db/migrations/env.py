"""Alembic's entry: run the revisions on the connection that `db.schema` hands over."""

from alembic import context
from sqlmodel import SQLModel

from db import models  # the tables, which register themselves

assert models  # noqa: S101 (used for its effect)
context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata
)
with context.begin_transaction():
    context.run_migrations()

"""The store's history as Alembic revisions, oldest first."""

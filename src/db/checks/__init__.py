"""Checks whether a database suits the service; they run on a connection of `db.schema`."""

"""The embedded PostgreSQL, and the files it is kept in."""

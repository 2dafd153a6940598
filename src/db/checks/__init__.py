"""Whether a database can keep what the service promises, asked on a connection of `db.schema`."""

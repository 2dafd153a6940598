"""Connections to PostgreSQL: opening them, sharing them among users, running statements."""

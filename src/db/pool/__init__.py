"""Connections to PostgreSQL: dialled, shared among users, and given back."""

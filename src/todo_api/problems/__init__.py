"""Errors, and the problem documents that clients get."""

"""The processes that serve where there are several: a small supervisor, and its workers."""

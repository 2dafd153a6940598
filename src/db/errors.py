"""What can go wrong in the database; it knows no HTTP."""


class DatabaseUnavailable(Exception):
    """Away."""


class DatabaseOverloaded(DatabaseUnavailable):
    """Full."""


class DatabaseRefused(Exception):
    """Bug."""


class TaskNotFound(Exception):
    """The user has no such task."""


class StaleVersion(Exception):
    """The task has another version."""


class IdempotencyKeyReused(Exception):
    """The key was used for another body."""


class InvalidCursor(Exception):
    """The cursor belongs to another list."""

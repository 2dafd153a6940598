"""Check whether the service can work with the database."""

from db.pool.pool import Pool
from db.statements import READINESS


class Unfit(Exception):
    """A database that answers but can't be used; `reason` is one word, the message a sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


async def require_fit(pool: Pool) -> None:
    """Check with one statement that the tables exist, and that the role may read and write them.

    Raises `Unfit` and `DatabaseUnavailable`.
    """
    [(migrated, allowed, read_only)] = await pool.execute(READINESS, None, retry=True)
    if not migrated:
        raise Unfit("tables", "The database has no tables yet: run todo-api migrate.")
    if not allowed:
        raise Unfit("rights", "The database's role lacks rights: `todo-api grants` prints them.")
    if read_only:
        # Idle connections may lead to what is a standby now, and no write would reveal it.
        pool.drop_idle()
        raise Unfit("read only", "The database is a standby, or read-only: it takes no changes.")

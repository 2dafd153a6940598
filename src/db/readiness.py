"""Whether the database is one that the service can work with."""

from db.pool.pool import Pool
from db.statements import READINESS


class Unfit(Exception):
    """A database that answers and can't be worked with: why, in a word and a sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


async def require_fit(pool: Pool) -> None:
    """Ask, in one statement, for the tables, the rights on them, and whether they take changes.

    Raises `Unfit` and `DatabaseUnavailable`.
    """
    [(migrated, allowed, read_only)] = await pool.execute(READINESS, None, retry=True)
    if not migrated:
        raise Unfit("tables", "The database has no tables yet: run todo-api migrate.")
    if not allowed:
        raise Unfit("rights", "The database's role lacks rights: `todo-api grants` prints them.")
    if read_only:
        # Idle connections may lead to what is a standby now, and no write comes that would tell.
        pool.drop_idle()
        raise Unfit("read only", "The database is a standby, or read-only: it takes no changes.")

"""INTERIM: to be replaced by the pool on the event loop."""
import asyncio, psycopg2
from contextvars import ContextVar
elapsed: ContextVar[float] = ContextVar("elapsed", default=0.0)
class Pool:
    def __init__(self, dsn, *, size=8, timeout=10.0): self.dsn=dsn; self.c=None
    async def execute(self, sql, parameters, *, retry=False):
        def run():
            if self.c is None:
                self.c=psycopg2.connect(self.dsn); self.c.autocommit=True
            with self.c.cursor() as cur:
                cur.execute(sql, parameters)
                return cur.fetchall() if cur.description else []
        return run()
    async def close(self):
        if self.c: self.c.close()

"""Any series of arrivals, departures and turns, against what one would write on paper."""

import asyncio
from collections import Counter, defaultdict
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from db.pool.shares import Shares, Waiter

USERS = st.sampled_from(["alice", "bob", "carol", None])


class Turns(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.in_use: Counter[Any] = Counter()
        self.waiters: dict[Any, list[Waiter]] = defaultdict(list)
        self.passed: dict[Any, Counter[Any]] = {}
        """Of each user whose turn may come: how often each other one's came meanwhile."""

    @initialize(connections=st.integers(1, 9), waiters=st.integers(1, 9))
    def begin(self, connections: int, waiters: int) -> None:
        self.shares = Shares(connections=connections, waiters=waiters)
        self.most = max(1, connections // 2)
        self.most_waiters = max(1, waiters // 2)

    def ready(self, user: Any) -> int:
        return min(len(self.waiters[user]), self.most - self.in_use[user])

    @rule(user=USERS)
    def somebody_finds_an_idle_connection(self, user: Any) -> None:
        if self.waiters[user]:
            return  # the pool has none idle while they may have it
        assert self.shares.take(user) == (self.in_use[user] < self.most)
        self.in_use[user] = min(self.in_use[user] + 1, self.most)

    @rule(user=USERS)
    def somebody_waits(self, user: Any) -> None:
        waiter: Waiter = self.loop.create_future()
        room = len(self.waiters[user]) < self.most_waiters
        assert self.shares.add(user, waiter) == room
        if room:
            self.waiters[user].append(waiter)

    @rule(user=USERS, place=st.integers(0, 9), noticed_first=st.booleans())
    def somebody_gives_up(self, user: Any, place: int, noticed_first: bool) -> None:
        if place >= len(self.waiters[user]):
            return
        waiter = self.waiters[user][place]
        waiter.cancel()
        if noticed_first:
            self.a_connection_becomes_free()
        called = waiter not in self.waiters[user]
        assert self.shares.remove(user, waiter) != called
        if not called:
            self.waiters[user].remove(waiter)
        assert not self.shares.remove(user, waiter)

    @rule(user=USERS)
    def somebody_is_done(self, user: Any) -> None:
        if self.in_use[user]:
            self.in_use[user] -= 1
            self.shares.release(user)

    @rule()
    def a_connection_becomes_free(self) -> None:
        may = {user for user in self.waiters if self.ready(user)}
        called = self.shares.call()
        for user in may:
            self.leave_out_who_gave_up(user)
        if called is None:
            assert not any(self.waiters[user] for user in may)
            return
        [user] = [user for user in may if called in self.waiters[user]]
        assert self.waiters[user].pop(0) is called
        self.in_use[user] += 1
        del self.passed[user]
        for times in self.passed.values():
            times[user] += 1

    def leave_out_who_gave_up(self, user: Any) -> None:
        """Those before somebody who was called are passed over; those behind may be left."""
        line = self.shares._lines.get(user)
        self.waiters[user] = [
            waiter
            for waiter in self.waiters[user]
            if not waiter.done() or (line and waiter in line.waiters)
        ]

    @rule()
    @precondition(lambda self: self.shares.waiting)
    def the_database_is_away(self) -> None:
        living = [w for user in self.waiters for w in self.waiters[user] if not w.done()]
        assert sorted(map(id, self.shares.drain())) == sorted(map(id, living))
        self.waiters.clear()

    @invariant()
    def nobody_has_more_than_half(self) -> None:
        assert all(count <= self.most for count in self.in_use.values())

    @invariant()
    def nobody_is_passed_over_twice(self) -> None:
        may = [user for user in self.waiters if self.ready(user)]
        self.passed = {user: self.passed.get(user, Counter()) for user in may}
        assert all(count == 1 for times in self.passed.values() for count in times.values())

    @invariant()
    def the_counts_are_true(self) -> None:
        assert self.shares.waiting == sum(map(len, self.waiters.values()))
        assert self.shares.ready == sum(map(self.ready, self.waiters))

    @invariant()
    def nothing_is_kept_of_those_who_are_gone(self) -> None:
        assert self.shares._in_use == +self.in_use
        assert set(self.shares._lines) == {user for user in self.waiters if self.waiters[user]}
        assert set(self.shares._turns) == {user for user in self.waiters if self.ready(user)}

    def teardown(self) -> None:
        self.loop.close()


TestTurns = Turns.TestCase
TestTurns.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)

import asyncio
import json

import pytest

from identity.keys import KeySet, KeysUnavailable
from tests.identity.keys.conftest import NEW, OKP, Clock, Issuer


async def test_a_published_key_is_found(keys: KeySet) -> None:
    key = await keys.find("ed", "EdDSA")
    assert key
    assert (key.key_id, key.algorithm_name) == ("ed", "EdDSA")
    assert keys.holds(key)


async def test_starting_fetches_without_waiting(keys: KeySet, issuer: Issuer) -> None:
    keys.start()
    assert issuer.requests == 0
    assert await keys.find("ed", "EdDSA")
    assert issuer.requests == 1


async def test_a_known_key_never_waits(keys: KeySet, issuer: Issuer, clock: Clock) -> None:
    await keys.find("ed", "EdDSA")
    issuer.asked.clear()
    issuer.awake.clear()
    clock.now += 10
    waiting = asyncio.create_task(keys.find("unknown", "EdDSA"))
    await issuer.asked.wait()
    assert await keys.find("ed", "EdDSA")
    assert not waiting.done()
    assert issuer.requests == 2
    issuer.awake.set()
    await waiting


class Naps:
    """What `asyncio.sleep` is asked for; each ends when it is told to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun: asyncio.Queue[float] = asyncio.Queue()
        self._over: asyncio.Queue[None] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        self._begun.put_nowait(seconds)
        await self._over.get()

    async def end_next(self) -> float:
        seconds = await self._begun.get()
        self._clock.now += seconds
        self._over.put_nowait(None)
        return seconds


@pytest.fixture
def naps(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Naps:
    naps = Naps(clock)
    monkeypatch.setattr("asyncio.sleep", naps.sleep)
    return naps


@pytest.mark.parametrize(("status", "rest"), [(200, 300), (500, 10)])
async def test_keys_are_fetched_again_after_five_minutes_or_a_failure(
    keys: KeySet, issuer: Issuer, naps: Naps, status: int, rest: float
) -> None:
    keys.start()
    assert await keys.find("ed", "EdDSA")
    issuer.answer(json.dumps({"keys": [OKP]}).encode(), status=status)
    assert [await naps.end_next(), issuer.requests] == [pytest.approx(300), 1]
    assert [await naps.end_next(), issuer.requests] == [pytest.approx(rest), 2]


async def test_a_key_that_was_withdrawn_is_dropped_though_nobody_asks(issuer: Issuer) -> None:
    keys = KeySet(issuer.url, cool_down=0.01, refresh_interval=0.01)
    keys.start()
    key = await keys.find("ed", "EdDSA")
    assert key
    issuer.publish(NEW)
    for _ in range(2):  # when the second is asked for, the first has come
        issuer.asked.clear()
        await issuer.asked.wait()
    assert not keys.holds(key)
    await keys.close()


@pytest.mark.parametrize("status", [200, 500])
async def test_a_hundred_unknown_keys_make_one_fetch(
    keys: KeySet, issuer: Issuer, clock: Clock, status: int
) -> None:
    await keys.find("ed", "EdDSA")
    issuer.answer(json.dumps({"keys": [OKP]}).encode(), status=status)
    for fetches in (2, 3):
        clock.now += 10
        found = await asyncio.gather(*(keys.find(f"unknown {n}", "EdDSA") for n in range(100)))
        found += [await keys.find(f"another {n}", "EdDSA") for n in range(100)]
        assert not any(found)
        assert issuer.requests == fetches


async def test_a_new_key_is_found_once_the_cool_down_is_over(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    await keys.find("ed", "EdDSA")
    issuer.publish(NEW)
    clock.now += 9.9
    assert await keys.find("new", "EdDSA") is None
    clock.now += 0.1
    assert await keys.find("new", "EdDSA")
    assert await keys.find("ed", "EdDSA") is None


async def test_a_token_without_a_key_id_fetches_nothing_anew(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    assert await keys.find(None, "EdDSA") is None
    clock.now += 10
    assert await keys.find(None, "EdDSA") is None
    assert issuer.requests == 1


async def test_a_key_that_is_made_during_the_first_fetch_is_found_by_its_first_token(
    keys: KeySet, issuer: Issuer
) -> None:
    issuer.awake.clear()
    keys.start()
    await issuer.asked.wait()
    waiting = asyncio.create_task(keys.find("new", "EdDSA"))
    await asyncio.sleep(0)
    answered = issuer.reply
    issuer.publish(OKP, NEW)
    changed, issuer.reply = issuer.reply, answered
    issuer.next_reply = changed
    issuer.awake.set()
    assert await waiting
    assert issuer.requests == 2


async def test_a_caller_that_gives_up_leaves_the_fetch_to_the_others(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    issuer.awake.clear()
    hasty = asyncio.create_task(keys.find("ed", "EdDSA"))
    await issuer.asked.wait()
    clock.now += 10
    patient = asyncio.create_task(keys.find("ed", "EdDSA"))
    await asyncio.sleep(0)
    hasty.cancel()
    await asyncio.wait([hasty])
    issuer.awake.set()
    assert hasty.cancelled()
    assert await patient
    assert issuer.requests == 1


async def test_closing_ends_a_fetch_and_allows_no_other(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    issuer.awake.clear()
    waiting = asyncio.create_task(keys.find("ed", "EdDSA"))
    await issuer.asked.wait()
    fetch = keys._fetching
    await keys.close()
    assert fetch
    assert fetch.cancelled()
    assert keys._client.is_closed
    clock.now += 10
    for find in (waiting, keys.find("ed", "EdDSA")):
        with pytest.raises(KeysUnavailable):
            await find
    assert keys._fetching is fetch

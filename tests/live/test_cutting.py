"""Cutting changes nothing: wherever a stream is cut, it is answered as if sent whole."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import FIGURES, SECRET
from tests.live.conftest import Server, serving
from tests.live.delivery import Delivery, delivered
from tests.live.streams import (
    HOST,
    PATH,
    SMUGGLED,
    TASK,
    UPGRADE,
    creation,
    filled,
    length,
    message,
    streams,
)

pytestmark = pytest.mark.timeout(1800)  # the campaign's; shrinking takes a while, too

CUTS = int(os.environ.get("CAMPAIGN_CUTS", "400"))
AT_ONCE = 20  # deliveries of a stream, each cut in another way
REQUEST_TIMEOUT = 4
PATIENCE = REQUEST_TIMEOUT + 4.0
MOST_PIECES = 3000  # of a stream: what is longer is cut byte by byte in its first bytes only
MOST_PAUSING = 0.1  # seconds, in all


class Cutting(NamedTuple):
    """A way to cut any stream: every `step` bytes, or at places and next to the ends of lines."""

    step: int
    places: Sequence[int]
    edges: Sequence[tuple[int, int]]
    pause: float

    def of(self, stream: bytes) -> list[int]:
        if self.step:
            return list(range(self.step, min(len(stream), MOST_PIECES * self.step), self.step))
        ends = [place for place, byte in enumerate(stream) if byte in b"\r\n:;"] or [0]
        cuts = [place % len(stream) for place in self.places]
        return cuts + [ends[edge % len(ends)] + shift for edge, shift in self.edges]


_pauses = st.sampled_from([0.0, 0.001, 0.003])
cuttings = st.one_of(
    st.builds(Cutting, st.sampled_from([1, 2, 3, 7, 64, 1460]), st.just(()), st.just(()), _pauses),
    st.builds(
        Cutting,
        st.just(0),
        st.lists(st.integers(0, 2**17), max_size=6),
        st.lists(st.tuples(st.integers(0, 500), st.integers(-2, 3)), max_size=6),
        _pauses,
    ),
)


class Service:
    """A server, and users each of whom has one task."""

    def __init__(self, server: Server, sql: Callable[..., Any]) -> None:
        self._port = int(server.url.rpartition(":")[2])
        self._sql = sql
        self.counted: Counter[str] = Counter()

    async def compare(self, stream: bytes, cuts: Sequence[tuple[Sequence[int], float]]) -> None:
        """Send a stream whole, and cut in these ways with these pauses, all at once."""
        users = [f"user-{uuid4().hex}" for _ in range(len(cuts) + 1)]
        self._sql(
            "INSERT INTO tasks (user_id, id, title) SELECT unnest(%s), %s, 'Buy milk'",
            (users, TASK),
        )
        deliveries = await asyncio.gather(
            *(
                self._delivered(stream, user, places, pause)
                for user, (places, pause) in zip(users, [((), 0.0), *cuts], strict=True)
            )
        )
        whole, *parted = (delivery.comparable for delivery in deliveries)
        self.counted["cuts"] += len(cuts)
        self.counted["answers"] += sum(map(len, parted)) - len(parted)
        for (places, pause), seen in zip(cuts, parted, strict=True):
            assert seen == whole, f"cut at {list(places)[:50]} with pauses of {pause} s"

    async def _delivered(
        self, stream: bytes, user: str, places: Sequence[int], pause: float
    ) -> Delivery:
        pause = min(pause, MOST_PAUSING / (len(places) + 1))
        sent = filled(stream, user)
        return await delivered(self._port, sent, places, pause=pause, patience=PATIENCE)


@pytest.fixture(scope="module")
def service(
    database_url: str,
    sql: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Service]:
    with serving(
        tmp_path_factory.mktemp("cutting") / "output",
        DATABASE_URL=database_url,
        JWT_SECRET_KEY=SECRET,
        REQUEST_TIMEOUT=str(REQUEST_TIMEOUT),
    ) as server:
        service = Service(server, sql)
        yield service
    figure = f"{service.counted['cuts']} cut streams, {service.counted['answers']} answers"
    request.config.stash[FIGURES].append(f"{request.node.nodeid}: {figure}")


@settings(
    max_examples=max(1, CUTS // AT_ONCE),
    derandomize="CAMPAIGN_CUTS" not in os.environ,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    stream=streams,
    ways=st.lists(cuttings, min_size=AT_ONCE, max_size=AT_ONCE),
)
async def test_a_stream_is_answered_alike_however_it_is_cut(
    service: Service, stream: bytes, ways: list[Cutting]
) -> None:
    await service.compare(stream, [(way.of(stream), way.pause) for way in ways])


EACH_PLACE = {
    "an upgrade with a body that is a request": message(
        b"POST %s HTTP/1.1" % PATH, (HOST, *UPGRADE, length(SMUGGLED)), SMUGGLED
    ),
    "the same behind another body": message(
        b"POST /nowhere HTTP/1.1", (HOST, length(b"abc")), b"abc"
    )
    + message(b"POST /health HTTP/1.1", (HOST, *UPGRADE, length(SMUGGLED)), SMUGGLED),
    "CONNECT with a body that is a request": message(
        b"CONNECT /health HTTP/1.1", (HOST, length(SMUGGLED)), SMUGGLED
    ),
    "chunks with an extension and a trailer": message(
        b"POST %s HTTP/1.1" % PATH,
        (HOST, b"Transfer-Encoding: chunked"),
        b"3;a=b\r\n\r\n\r\n\r\n2\r\nab\r\n0\r\nX-End: a\r\n\r\n",
    ),
    "a creation before a broken chunk": creation(b"Tea")
    + message(b"POST %s HTTP/1.1" % PATH, (HOST, b"Transfer-Encoding: chunked"), b"zz\r\n\r\n"),
}


@pytest.mark.parametrize("stream", EACH_PLACE.values(), ids=EACH_PLACE)
async def test_a_stream_is_answered_alike_with_a_cut_at_each_place(
    service: Service, stream: bytes
) -> None:
    for start in range(1, len(stream), 100):
        places = range(start, min(start + 100, len(stream)))
        await service.compare(stream, [([place], 0.005) for place in places])

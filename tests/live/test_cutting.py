"""Cutting changes nothing: wherever a stream is cut, it is answered as if sent whole."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import FIGURES, SECRET
from tests.live.conftest import serving
from tests.live.delivery import Service, Way
from tests.live.messages import (
    HOST,
    PATH,
    SMUGGLED,
    UPGRADE,
    creation,
    length,
    message,
)
from tests.live.streams import Cutting, cuttings, streams

pytestmark = pytest.mark.timeout(1800)  # the campaign's; shrinking takes a while, too

CUTS = int(os.environ.get("CAMPAIGN_CUTS", "400"))
AT_ONCE = 20  # deliveries of a stream, each cut in another way
REQUEST_TIMEOUT = 4
PATIENCE = REQUEST_TIMEOUT + 4.0
MOST_SHOWN = 10_000  # bytes of a stream that failed


class Comparison:
    """Sends streams whole and cut, and counts."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.counted: Counter[str] = Counter()

    async def compare(self, stream: bytes, cuts: Sequence[tuple[Sequence[int], float]]) -> None:
        """Send a stream whole, and cut in these ways with these pauses, all at once."""
        ways = [Way(stream, *cut) for cut in cuts]
        whole, *parted = (
            delivery.comparable for _, delivery in await self._service.deliver([Way(stream), *ways])
        )
        self.counted["cuts"] += len(cuts)
        self.counted["answers"] += sum(map(len, parted)) - len(parted)
        for way, seen in zip(ways, parted, strict=True):
            cut = f"cut at {way.cuts[:50]}, {way.pause} s apart"
            assert seen == whole, f"{stream[:MOST_SHOWN]!r} {cut}"


@pytest.fixture(scope="module")
def comparison(
    database_url: str,
    sql: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Comparison]:
    with serving(
        tmp_path_factory.mktemp("cutting") / "output",
        DATABASE_URL=database_url,
        JWT_SECRET_KEY=SECRET,
        REQUEST_TIMEOUT=str(REQUEST_TIMEOUT),
    ) as server:
        comparison = Comparison(Service(server, sql, PATIENCE))
        yield comparison
    counted = comparison.counted
    figure = f"{counted['cuts']} cut streams with {counted['answers']} answers"
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
    comparison: Comparison, stream: bytes, ways: list[Cutting]
) -> None:
    await comparison.compare(stream, [way.of(stream) for way in ways])


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
        b"4;a=b\r\n\r\n\r\n\r\n2\r\nab\r\n0\r\nX-End: a\r\n\r\n",
    ),
    "broken chunks that nobody asked for": message(
        b"POST /nowhere HTTP/1.1",
        (HOST, b"Transfer-Encoding: chunked"),
        b"2\r\nabcd\r\n0\r\n\r\n",
    ),
    "a creation before a broken chunk": creation(b"Tea")
    + message(b"POST %s HTTP/1.1" % PATH, (HOST, b"Transfer-Encoding: chunked"), b"zz\r\n\r\n"),
}


@pytest.mark.parametrize("stream", EACH_PLACE.values(), ids=EACH_PLACE)
async def test_a_stream_is_answered_alike_with_a_cut_at_each_place(
    comparison: Comparison, stream: bytes
) -> None:
    for start in range(1, len(stream), 100):
        places = range(start, min(start + 100, len(stream)))
        await comparison.compare(stream, [([place], 0.005) for place in places])

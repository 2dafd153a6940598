"""Whatever bytes are sent to whatever the contract has: an answer of the contract, never a 500."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiled import Operations, Request
from tests.compiled.construct import Kept
from tests.compiled.constructs import KEPT
from tests.compiled.served import compiled, contract_of

TRIED = [
    (construct, compiled(contract_of(construct)))
    for construct in KEPT
    if construct.group in {"Parameters", "Arrays", "Bodies", "Schemas", "Security"}
]
PIECES = st.sampled_from(
    [
        *(b"a", b"=", b"&", b",", b";", b".", b"|", b"%20", b"%2C", b"%ff", b"%", b"+", b"%00"),
        *(b"1", b"-", b"e9", b"true", b"null", b"x", b"\xff", b"{", b"}", b'"', b"[", b"]", b":"),
    ]
)
BYTES = st.lists(PIECES, max_size=12).map(b"".join)

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(
    st.sampled_from(TRIED),
    st.lists(BYTES.filter(bool), min_size=3, max_size=3),
    BYTES,
    st.dictionaries(
        st.sampled_from(
            [b"cookie", b"x-a", b"x-count", b"x-key", b"content-type", b"if-none-match"]
        ),
        BYTES,
    ),
    BYTES,
)
def test_every_request_is_answered_as_the_contract_says(
    tried: tuple[Kept, Operations[Request]],
    segments: list[bytes],
    query: bytes,
    headers: dict[bytes, bytes],
    body: bytes,
) -> None:
    construct, operations = tried
    path = construct.path.encode()
    for name, segment in zip((b"{a}", b"{b}", b"{id}"), segments, strict=True):
        path = path.replace(name, segment.replace(b"/", b""))

    async def sent() -> bytes:
        return body

    request = Request(construct.method.upper(), headers, query, [], sent)
    match = operations.match(path)
    if match is None:
        return
    reply = asyncio.run(operations.answer(request, match))

    assert reply.status in {200, 201, 400, 401, 415, 422}

import asyncio
import base64
import gzip
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from todo_api.keys import KeySet, KeysUnavailable, SharedSecret


def okp(kid: str) -> dict[str, Any]:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    return {**OKPAlgorithm.to_jwk(public, as_dict=True), "kid": kid}


def elliptic(curve: ec.EllipticCurve) -> dict[str, Any]:
    public = ec.generate_private_key(curve).public_key()
    return {**ECAlgorithm.to_jwk(public, as_dict=True), "kid": "ec"}


def modulus(bits: int) -> dict[str, Any]:
    public = rsa.generate_private_key(65537, bits).public_key()
    return {**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": "rsa"}


OKP, NEW = okp("ed"), okp("new")
EC, RSA = elliptic(ec.SECP256R1()), modulus(2048)
ED448 = OKPAlgorithm.to_jwk(ed448.Ed448PrivateKey.generate().public_key(), as_dict=True)
PRIVATE = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True)
SECRET = base64.urlsafe_b64encode(b"s" * 32).decode()


class Issuer:
    """Serves a JWK Set as an auth server does, or whatever else it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.requests = 0
        self.asked = asyncio.Event()
        self.awake = asyncio.Event()
        self.awake.set()
        self.publish(OKP)

    def publish(self, *keys: Any) -> None:
        self.answer(json.dumps({"keys": keys}).encode())

    def answer(self, body: bytes, *headers: str, status: int = 200) -> None:
        head = [f"HTTP/1.1 {status} .", f"Content-Length: {len(body)}", *headers]
        self.reply = "\r\n".join([*head, "Connection: close", "", ""]).encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.requests += 1
        self.asked.set()
        await self.awake.wait()
        writer.write(self.reply)
        writer.close()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("todo_api.keys.monotonic", clock)
    return clock


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    async with await asyncio.start_server(issuer.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        issuer.url = f"http://user:password@127.0.0.1:{port}/private/jwks"
        yield issuer
        issuer.awake.set()


@pytest.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[KeySet]:
    assert clock.now
    keys = KeySet(issuer.url)
    yield keys
    await keys.close()


async def test_a_published_key_is_found(keys: KeySet) -> None:
    key = await keys.find("ed")
    assert key
    assert (key.key_id, key.algorithm_name) == ("ed", "EdDSA")
    assert keys.holds(key)


async def test_starting_fetches_without_waiting(keys: KeySet, issuer: Issuer) -> None:
    keys.start()
    assert issuer.requests == 0
    assert await keys.find("ed")
    assert issuer.requests == 1


async def test_a_known_key_never_waits(keys: KeySet, issuer: Issuer, clock: Clock) -> None:
    await keys.find("ed")
    issuer.asked.clear()
    issuer.awake.clear()
    clock.now += 10
    waiting = asyncio.create_task(keys.find("unknown"))
    await issuer.asked.wait()
    assert await keys.find("ed")
    assert not waiting.done()
    assert issuer.requests == 2


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
    assert await keys.find("ed")
    issuer.answer(json.dumps({"keys": [OKP]}).encode(), status=status)
    assert [await naps.end_next(), issuer.requests] == [pytest.approx(300), 1]
    assert [await naps.end_next(), issuer.requests] == [pytest.approx(rest), 2]


async def test_a_key_that_was_withdrawn_is_dropped_though_nobody_asks(issuer: Issuer) -> None:
    keys = KeySet(issuer.url, cool_down=0.01, refresh_interval=0.01)
    keys.start()
    key = await keys.find("ed")
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
    await keys.find("ed")
    issuer.answer(json.dumps({"keys": [OKP]}).encode(), status=status)
    for fetches in (2, 3):
        clock.now += 10
        found = await asyncio.gather(*(keys.find(f"unknown {n}") for n in range(100)))
        found += [await keys.find(f"another {n}") for n in range(100)]
        assert not any(found)
        assert issuer.requests == fetches


async def test_a_new_key_is_found_once_the_cool_down_is_over(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    await keys.find("ed")
    issuer.publish(NEW)
    clock.now += 9.9
    assert await keys.find("new") is None
    clock.now += 0.1
    assert await keys.find("new")
    assert await keys.find("ed") is None


async def test_a_token_without_a_key_id_fetches_nothing(keys: KeySet, issuer: Issuer) -> None:
    assert await keys.find(None) is None
    assert issuer.requests == 0


async def test_until_the_first_fetch_succeeds_keys_are_unavailable(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    issuer.answer(b"", status=503)
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await keys.find("ed")
    assert issuer.requests == 1
    issuer.publish(OKP)
    clock.now += 10
    assert await keys.find("ed")


async def test_an_issuer_that_is_down_leaves_keys_unavailable(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with await asyncio.start_server(Issuer().serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
    keys = KeySet(f"http://127.0.0.1:{port}/")
    with pytest.raises(KeysUnavailable):
        await keys.find("ed")
    await keys.close()
    assert [record.getMessage() for record in caplog.records] == [
        "No signing keys from 127.0.0.1: ConnectError."
    ]


COMPRESSED = gzip.compress(json.dumps({"keys": [NEW]}).encode())
FAILURES: dict[str, tuple[Callable[[Issuer], object], str]] = {
    "an error": (lambda i: i.answer(b"{}", status=500), "status 500"),
    "a page": (lambda i: i.answer(b"<html>Sign in</html>"), "JSONDecodeError"),
    "deep nesting": (lambda i: i.answer(b"[" * 100_000), "JSONDecodeError"),
    "invalid UTF-8": (lambda i: i.answer(b'{"keys": ["\xff"]}'), "JSONDecodeError"),
    "a list": (lambda i: i.answer(json.dumps([NEW]).encode()), "not a JWK Set"),
    "keys that are no list": (lambda i: i.answer(b'{"keys": {"new": 1}}'), "not a JWK Set"),
    "an empty set": (lambda i: i.publish(), "no usable key in the set"),
    "unusable keys": (lambda i: i.publish({**NEW, "use": "enc"}), "no usable key in the set"),
    "a compressed set": (
        lambda i: i.answer(COMPRESSED, "Content-Encoding: gzip"),
        "JSONDecodeError",
    ),
    "too much": (lambda i: i.publish(NEW, "x" * 1024 * 1024), "more than 1048576 bytes"),
    "a redirect": (
        lambda i: i.answer(b"", f"Location: {i.url}/moved", status=302),
        "status 302",
    ),
    "a broken connection": (lambda i: setattr(i, "reply", b""), "RemoteProtocolError"),
    "half an answer": (lambda i: setattr(i, "reply", i.reply[:-9]), "RemoteProtocolError"),
    "no HTTP": (lambda i: setattr(i, "reply", b"220 mail\r\n\r\n"), "RemoteProtocolError"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_refresh_keeps_the_keys_and_is_logged_once(
    keys: KeySet,
    issuer: Issuer,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    failure: str,
) -> None:
    key = await keys.find("ed")
    answer, reason = FAILURES[failure]
    answer(issuer)
    clock.now += 10
    assert await keys.find("new") is None
    assert await keys.find("ed") is key
    assert issuer.requests == 2
    assert caplog.record_tuples == [
        ("todo_api.keys", logging.WARNING, f"No signing keys from 127.0.0.1: {reason}.")
    ]


async def test_a_slow_issuer_is_given_up(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    issuer.awake.clear()
    keys = KeySet(issuer.url, timeout=0.1)
    with pytest.raises(KeysUnavailable):
        await keys.find("ed")
    await keys.close()
    assert "Timeout" in caplog.text


async def test_an_answer_that_trickles_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        keys = KeySet(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", timeout=0.2)
        with pytest.raises(KeysUnavailable):
            await keys.find("ed")
        await keys.close()
    assert "TimeoutError" in caplog.text


async def test_a_caller_that_gives_up_leaves_the_fetch_to_the_others(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    issuer.awake.clear()
    hasty = asyncio.create_task(keys.find("ed"))
    await issuer.asked.wait()
    clock.now += 10
    patient = asyncio.create_task(keys.find("ed"))
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
    waiting = asyncio.create_task(keys.find("ed"))
    await issuer.asked.wait()
    fetch = keys._fetching
    await keys.close()
    assert fetch
    assert fetch.cancelled()
    assert keys._client.is_closed
    clock.now += 10
    for find in (waiting, keys.find("ed")):
        with pytest.raises(KeysUnavailable):
            await find
    assert keys._fetching is fetch


async def test_a_key_published_again_stays_the_same_object(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    key = await keys.find("ed")
    issuer.publish({**OKP, "alg": "EdDSA", "use": "sig"}, NEW)
    clock.now += 10
    assert await keys.find("new")
    assert await keys.find("ed") is key


@pytest.mark.parametrize(
    ("first", "second"),
    [(OKP, okp("ed")), ({**RSA, "kid": "ed"}, {**RSA, "kid": "ed", "alg": "PS256"})],
    ids=["other material", "other algorithm"],
)
async def test_another_key_under_a_known_id_is_another_object(
    keys: KeySet, issuer: Issuer, clock: Clock, first: dict[str, Any], second: dict[str, Any]
) -> None:
    issuer.publish(first)
    key = await keys.find("ed")
    assert key
    issuer.publish(second, NEW)
    clock.now += 10
    assert await keys.find("new")
    assert await keys.find("ed") is not key
    assert not keys.holds(key)


@pytest.mark.parametrize(
    ("entry", "algorithm"),
    [
        (OKP, "EdDSA"),
        (EC, "ES256"),
        (RSA, "RS256"),
        ({**RSA, "alg": "RS256", "use": "sig", "key_ops": ["verify"]}, "RS256"),
        ({**RSA, "alg": "PS256"}, "PS256"),
    ],
)
async def test_a_key_is_bound_to_one_algorithm(
    keys: KeySet, issuer: Issuer, entry: dict[str, Any], algorithm: str
) -> None:
    issuer.publish(entry)
    key = await keys.find(entry["kid"])
    assert key
    assert key.algorithm_name == algorithm


ODD: list[Any] = [None, 5, [], {}, "", "?", "é", "none"]
WRONG: dict[str, list[Any]] = {
    "kid": [None, 5, [], {}],
    "x": [*ODD, "AA", OKP["x"] * 2],
    "crv": [*ODD, "Ed448", "X25519", "P-256"],
    "kty": [*ODD, "RSA", "EC", "oct"],
    "alg": [*ODD, "HS256", "ES256", "RS256", "eddsa"],
    "use": [*ODD, "enc", "SIG"],
    "key_ops": [*ODD, "verify", ["sign"]],
}
UNUSABLE: list[Any] = [
    *ODD,
    *({**OKP, "kid": "bad", name: value} for name, values in WRONG.items() for value in values),
    *({**RSA, "kid": "bad", name: value} for name in "ne" for value in [*ODD, "AA"]),
    {"kty": "oct", "k": SECRET, "kid": "bad"},
    {"kty": "oct", "k": SECRET, "kid": "bad", "alg": "HS256"},
    {**PRIVATE, "kid": "bad"},
    {**ED448, "kid": "bad", "alg": "EdDSA"},
    {**elliptic(ec.SECP384R1()), "alg": "ES256"},
    {**elliptic(ec.SECP256K1()), "alg": "ES256"},
    {**EC, "x": EC["y"]},  # a point that is not on the curve
    modulus(1024),
]


async def test_unusable_entries_spoil_nothing(keys: KeySet, issuer: Issuer) -> None:
    issuer.publish(*UNUSABLE, NEW, *UNUSABLE)
    assert await keys.find("new")
    assert list(keys._keys) == ["new"]


async def test_of_two_keys_with_one_id_the_first_counts(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    key = await keys.find("ed")
    issuer.publish(OKP, okp("ed"), NEW)
    clock.now += 10
    assert await keys.find("new")
    assert await keys.find("ed") is key


@pytest.mark.parametrize("url", ["", "jwks", "ftp://host/jwks", "file:///etc/jwks", "http:///jwks"])
def test_only_web_addresses_are_asked_for_keys(url: str) -> None:
    with pytest.raises(ValueError, match="http or https URL"):
        KeySet(url)


@pytest.mark.parametrize(
    "secret", ["", "s" * 31, json.dumps({"keys": [OKP]}), "ssh-ed25519 " + "A" * 68]
)
def test_a_weak_secret_or_a_public_key_is_refused_as_secret(secret: str) -> None:
    with pytest.raises(ValueError, match=r"HMAC|JWK|asymmetric"):
        SharedSecret(secret)


async def test_a_secret_is_the_key_for_any_id() -> None:
    secret = SharedSecret("s" * 32)
    key = await secret.find(None)
    assert key
    assert await secret.find("any") is key
    assert secret.holds(key)

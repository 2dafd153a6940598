"""Tokens that must be refused, each under the name of what is wrong with it."""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm

from tests.identity.auth.tokens import (
    ATTACKER,
    ATTACKER_JWK,
    BASE,
    CLAIMS,
    EC,
    ED,
    ED_JWK,
    GOOD,
    HEADER,
    LATER,
    NOW,
    RSA,
    RSA_JWK,
    SOON,
    USER,
    mac,
    part,
    signed,
    text,
    without,
)

MESSAGE, _, SIGNATURE = GOOD.rpartition(b".")
HEAD, BODY = MESSAGE.split(b".")
ES = {"alg": "ES256", "kid": "ec"}
ES_MESSAGE = part(ES) + b"." + part(CLAIMS)
DER_SIGNATURE = EC.sign(ES_MESSAGE, ec.ECDSA(ECAlgorithm.SHA256()))
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ED_RAW = ED.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
NESTED = b"[" * 3000 + b"]" * 3000

RSA_PUBLIC = {
    "PEM": PEM,
    "PEM without its last line end": PEM.strip(),
    "DER": DER,
    "JWK": json.dumps(RSA_JWK).encode(),
    "modulus": RSA_JWK["n"].encode(),
}
ED_PUBLIC = {
    "bytes": ED_RAW,
    "point": ED_JWK["x"].encode(),
    "JWK": json.dumps(ED_JWK).encode(),
    "nothing": b"",
}
CONFUSED = {
    **{
        f"HMAC with RSA {of}": mac({"alg": "HS256", "kid": "rsa"}, RSA_PUBLIC[of])
        for of in RSA_PUBLIC
    },
    **{
        f"RS256 by HMAC {of}": mac({"alg": "RS256", "kid": "rsa"}, RSA_PUBLIC[of])
        for of in RSA_PUBLIC
    },
    **{
        f"HMAC with Ed25519 {of}": mac({"alg": "HS256", "kid": "ed"}, ED_PUBLIC[of])
        for of in ED_PUBLIC
    },
    **{f"EdDSA by HMAC {of}": mac(HEADER, ED_PUBLIC[of]) for of in ED_PUBLIC},
    "none": part({"alg": "none", "kid": "ed"}) + b"." + BODY + b".",
    "none signed": signed(header={"alg": "none", "kid": "ed"}),
    "None": signed(header={"alg": "None", "kid": "ed"}),
    "nOnE": signed(header={"alg": "nOnE", "kid": "ed"}),
    "PS256 for RS256": signed(CLAIMS, {"alg": "PS256", "kid": "rsa"}, RSA, "PS256"),
    "RS256 for PS256": signed(CLAIMS, {"alg": "RS256", "kid": "pss"}, RSA, "RS256"),
    "RS512": signed(CLAIMS, {"alg": "RS512", "kid": "rsa"}, RSA, "RS512"),
    "RS256 said, PS256 done": signed(CLAIMS, {"alg": "RS256", "kid": "rsa"}, RSA, "PS256"),
    "EdDSA for the EC key": signed(header={"alg": "EdDSA", "kid": "ec"}),
    "ES256 for the Ed25519 key": signed(CLAIMS, {**ES, "kid": "ed"}, EC, "ES256"),
    "another's key": signed(key=ATTACKER),
    "another's key in jwk": signed(header={**HEADER, "jwk": ATTACKER_JWK}, key=ATTACKER),
}
MALFORMED = {
    "no dot": b"abc",
    "dots": b"..",
    "two parts": MESSAGE,
    "four parts": GOOD + b".x",
    "five parts": HEAD + b".." + BODY + b"." + SIGNATURE + b".x",
    "empty signature": MESSAGE + b".",
    "empty header": b"." + BODY + b"." + SIGNATURE,
    "empty payload": signed(b""),
    "swapped parts": BODY + b"." + HEAD + b"." + SIGNATURE,
    "truncated": GOOD[:-1],
    "truncated by a byte": MESSAGE + b"." + SIGNATURE[:-3],
    "lengthened": GOOD + b"AAAA",
    "another spelling": GOOD[:-1] + bytes([GOOD[-1] + 1]),
    "padded": GOOD + b"==",
    "another payload": HEAD + b"." + part({**CLAIMS, "sub": "eve"}) + b"." + SIGNATURE,
    "zeros": MESSAGE + b"." + part(bytes(64)),
    "small order": MESSAGE + b"." + part(b"\1" + bytes(63)),
    "psychic": ES_MESSAGE + b"." + part(bytes(64)),
    "ECDSA in DER": ES_MESSAGE + b"." + part(DER_SIGNATURE),
    "ECDSA of order": ES_MESSAGE + b"." + part(b"\xff" * 64),
    "header a list": signed(header=["alg", "kid"]),
    "header a string": signed(header="EdDSA"),
    "header no JSON": signed(header=b"{alg}"),
    "header in UTF-16": signed(header=json.dumps(HEADER).encode("utf-16")),
    "header of Latin 1": signed(header=b'{"alg":"EdDSA","kid":"ed","a":"\xe9"}'),
    "header long": signed(header={**HEADER, "x5c": ["A" * 6200]}),
    "header nested": signed(header=NESTED),
    "header repeats alg": signed(header=b'{"alg":"none","alg":"EdDSA","kid":"ed"}'),
    "header repeats kid": signed(header=b'{"alg":"EdDSA","kid":"ec","kid":"ed"}'),
    "payload a list": signed([CLAIMS]),
    "payload a string": signed("sub"),
    "payload null": signed(b"null"),
    "payload no JSON": signed(b"sub=alice"),
    "payload and more": signed(json.dumps(CLAIMS).encode() + b"{}"),
    "payload with BOM": signed(b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode()),
    "payload in UTF-16": signed(json.dumps(CLAIMS).encode("utf-16")),
    "payload of Latin 1": signed(text(CLAIMS, "Ada", "\xe9").decode().encode("latin-1")),
    "payload nested": signed(NESTED),
    "name nested": signed(text(CLAIMS, '"Ada"', NESTED.decode())),
    "sub repeated": signed(text(CLAIMS, '"sub"', '"sub": "eve", "sub"')),
    "sub repeated in escapes": signed(text(CLAIMS, '"sub"', '"s\\u0075b": "eve", "sub"')),
    "exp repeated": signed(text(CLAIMS, '"exp"', '"exp": 1, "exp"')),
    "digits without end": signed(text(CLAIMS, f'"exp": {SOON}', '"exp": ' + "9" * 5000)),
    "NaN anywhere": signed(text(CLAIMS, '"Ada"', "NaN")),
}
HEADERS: dict[str, list[Any]] = {
    "alg": [None, 5, True, [], ["EdDSA"], {}, "", "eddsa", "EdDSA ", "Ed25519", "HS256", "\ud800"],
    "kid": [
        *(None, 5, True, [], ["ed"], {}, "", "ED", "ed ", "unknown", "\ud800", "ed\0"),
        *("../../dev/null", "/dev/null", "x' OR '1'='1", "http://evil.example/jwks", "__class__"),
    ],
    "typ": [None, 5, True, [], ["JWT"], {}, "", "JWE", "jwt ", "dpop+jwt", "JWT+x", "\ud800"],
    "crit": [None, [], ["b64"], ["exp"], ["kid"], "kid"],
    "b64": [True, False, None],
    "zip": ["DEF", None],
}
TIMES: list[Any] = [None, True, [], {}, "", str(SOON), -1, 1e30, 10**400, SOON * 1000, -0.5]
NAMES: list[Any] = [
    *(None, True, -5, 5.0, [], [USER], {}, "", USER + "\n", USER + "\0", "\ud800", "\x85", "\x7f"),
    *("..", ".", "a" * 256, "\x1b[31m"),
]
CLAIMS_OF: dict[str, list[Any]] = {
    "exp": [*TIMES, 0, 1, NOW, NOW - 1, NOW - 0.5],
    "nbf": [*TIMES, LATER],
    "iat": [*TIMES, LATER],
    "iss": [None, 5, [], [BASE], {}, "", BASE + "/", BASE.upper(), BASE + "\0", "null"],
    "aud": [None, 5, [], {}, "", BASE + "/", ["other"], [[BASE]], [BASE, 5], {BASE: BASE}],
    "sub": NAMES,
    "user_id": [*NAMES, "eve", USER.lower()],
}
INSTANTS = {"SOON": SOON, "LATER": LATER, "NOW": NOW, "NOW - 1": NOW - 1}


def written(value: Any) -> str:
    """Return the same text in every process that collects these tests."""
    text = str(value)[:20]
    for name, instant in INSTANTS.items():
        text = text.replace(str(instant), name)
    return ascii(text)


HOSTILE = {
    **CONFUSED,
    **MALFORMED,
    **{f"no {name}": signed(without(name)) for name in ("exp", "iss", "aud", "sub")},
    "no alg": signed(header={"kid": "ed"}),
    "no kid": signed(header={"alg": "EdDSA"}),
    **{
        f"{name} {written(value)}": signed(header={**HEADER, name: value})
        for name, values in HEADERS.items()
        for value in values
    },
    **{
        f"{name} {written(value)}": signed({**CLAIMS, name: value})
        for name, values in CLAIMS_OF.items()
        for value in values
    },
    **{
        f"{name} {value}": signed(text({**CLAIMS, name: "?"}, '"?"', value))
        for name in ("exp", "nbf", "iat")
        for value in ("NaN", "Infinity", "-Infinity", "1e400")
    },
    "sub odd, user_id good": signed({**CLAIMS, "sub": 5, "user_id": USER}),
}

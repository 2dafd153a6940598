"""Tokens as an identity server signs them, with keys made for this run."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, get_default_algorithms

BASE = "https://auth.example.com"
USER = "k3JvT9qWm2XcY7bN4dRf6HsL1pZgA8uE"
SECRET = "a secret of thirty-two characters"
NOW = int(time.time())
SOON = NOW + 7200  # these are made when the tests are collected, long before the last of them runs
LATER = NOW + 3600

ED, EC = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
ATTACKER = ed25519.Ed25519PrivateKey.generate()
ED_JWK = {**OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True), "kid": "ed"}
EC_JWK = {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "ec"}
RSA_JWK = {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa"}
ATTACKER_JWK = {**OKPAlgorithm.to_jwk(ATTACKER.public_key(), as_dict=True), "kid": "ed"}
EC_384, EC_521 = (ec.generate_private_key(curve()) for curve in (ec.SECP384R1, ec.SECP521R1))
PUBLISHED = [
    {**RSA_JWK, "kid": "pss", "alg": "PS256"},
    *({**RSA_JWK, "kid": "shared", "alg": name} for name in ("RS384", "RS512", "PS384", "PS512")),
    {**ECAlgorithm.to_jwk(EC_384.public_key(), as_dict=True), "kid": "shared"},
    {**ECAlgorithm.to_jwk(EC_521.public_key(), as_dict=True), "kid": "shared"},
    {**ED_JWK, "kid": "shared", "alg": "Ed25519"},
]
"""Keys of further algorithms, most of them with one id (RFC 7517, 4.5)."""

HEADER = {"alg": "EdDSA", "kid": "ed"}
CLAIMS = {"name": "Ada", "sub": USER, "iat": NOW, "exp": SOON, "iss": BASE, "aud": BASE}
LEGACY = {"user_id": "alice", "iat": NOW, "exp": SOON}


def part(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=")


def signed(claims: Any = CLAIMS, header: Any = HEADER, key: Any = ED, alg: str = "EdDSA") -> bytes:
    message = part(header) + b"." + part(claims)
    return message + b"." + part(get_default_algorithms()[alg].sign(message, key))


def mac(header: Any, key: bytes, claims: Any = CLAIMS, digest: str = "sha256") -> bytes:
    message = part(header) + b"." + part(claims)
    return message + b"." + part(hmac.digest(key, message, digest))


def text(claims: dict[str, Any], old: str, new: str) -> bytes:
    return json.dumps(claims).replace(old, new).encode()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


GOOD = signed()

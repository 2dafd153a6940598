"""Why a token was refused, in a word for the log."""

import inspect
import re

import pytest

from identity import auth, jws
from identity.auth import Authenticator
from identity.errors import TokenInvalid
from tests.identity.auth.tokens import (
    ATTACKER,
    CLAIMS,
    EC,
    GOOD,
    HEADER,
    LATER,
    NOW,
    signed,
    without,
)

TOKENS = {
    "algorithm": signed(CLAIMS, {"alg": "ES256", "kid": "ed"}, EC, "ES256"),
    "audience": signed({**CLAIMS, "aud": "https://other.example.com"}),
    "dates": signed(without("exp")),
    "expired": signed({**CLAIMS, "exp": NOW - 1}),
    "extension": signed(header={**HEADER, "crit": ["exp"]}),
    "issuer": signed({**CLAIMS, "iss": "https://other.example.com"}),
    "malformed": b"a.b.c",
    "no user": signed(without("sub")),
    "not valid yet": signed({**CLAIMS, "nbf": LATER}),
    "signature": signed(key=ATTACKER),
    "two headers": GOOD,
    "two users": signed({**CLAIMS, "user_id": "eve"}),
    "type": signed(header={**HEADER, "typ": "dpop+jwt"}),
    "unknown key": signed(header={**HEADER, "kid": "unheard of"}),
}


@pytest.mark.parametrize("word", TOKENS)
async def test_a_refused_token_has_its_word(authenticator: Authenticator, word: str) -> None:
    headers = [b"Bearer " + TOKENS[word]] * (2 if word == "two headers" else 1)
    with pytest.raises(TokenInvalid) as refused:
        await authenticator.authenticate(headers)

    assert refused.value.reason == word


def test_every_word_was_provoked() -> None:
    words = re.findall(
        r'TokenInvalid\(\s*"([^"]+)"', inspect.getsource(auth) + inspect.getsource(jws)
    )

    assert set(words) == TOKENS.keys()

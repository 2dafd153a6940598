"""Tokens of the shapes that providers issue, with the settings that docs/identity.md gives."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from identity.auth import Authenticator
from identity.errors import TokenInvalid
from tests.identity.auth.conftest import Issuer, served
from tests.identity.auth.tokens import EC, EC_JWK, NOW, RSA, RSA_JWK, SOON, signed
from todo_api.contract import users

PAGE = (Path(__file__).parents[3] / "docs/identity.md").read_text(encoding="utf-8")
ENCRYPTION = {**RSA_JWK, "kid": "enc", "use": "enc", "alg": "RSA-OAEP"}


class Settings(NamedTuple):
    """A row of the page's table."""

    jwks_url: str
    issuer: str
    audience: str
    user: str


ROWS = {
    cells[0]: Settings(*(cell.strip("`").replace("\\|", "|") for cell in cells[1:]))
    for line in PAGE.splitlines()
    if len(cells := [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]) == 5
    and cells[1].startswith("`https://")
}


class Shape(NamedTuple):
    """What a provider publishes, and what its tokens hold beside `iss`, `sub`, `iat` and `exp`."""

    jwks: list[dict[str, Any]]
    header: dict[str, Any]
    claims: dict[str, Any]


def rs256(typ: str = "JWT") -> dict[str, Any]:
    return {"alg": "RS256", "kid": "rsa", "typ": typ}


def bare(entry: dict[str, Any]) -> dict[str, Any]:
    """A key that names no algorithm and comes with a certificate, as Microsoft's do."""
    return {name: value for name, value in entry.items() if name not in {"alg", "key_ops"}} | {
        "use": "sig",
        "x5t": "rsa",
        "x5c": ["MIIDBTCCAe2gAwIBAgIQ"],
        "issuer": "https://login.microsoftonline.com/TENANT/v2.0",
    }


SIGNING = {**RSA_JWK, "alg": "RS256", "use": "sig"}
ELLIPTIC = {**EC_JWK, "alg": "ES256", "use": "sig", "ext": True, "key_ops": ["verify"]}
ROLES = {"realm_access": {"roles": [f"department-{n:04d}/read-and-write" for n in range(600)]}}


def shapes(row: Settings) -> dict[str, Shape]:
    audience = row.audience
    return {
        "Auth0": Shape(
            [SIGNING],
            rs256("at+jwt"),
            {
                "aud": [audience, "https://TENANT.auth0.com/userinfo"],
                "azp": "xyz",
                "scope": "openid",
            },
        ),
        "Keycloak": Shape(
            [ENCRYPTION, SIGNING],
            rs256(),
            {"aud": [audience, "account"], "azp": "page", "typ": "Bearer", **ROLES},
        ),
        "Entra ID": Shape(
            [bare(RSA_JWK)], {**rs256(), "x5t": "rsa"}, {"aud": audience, "ver": "2.0", "nbf": NOW}
        ),
        "AD FS": Shape([bare(RSA_JWK)], {**rs256(), "x5t": "rsa"}, {"aud": audience, "ver": "1.0"}),
        "Cognito": Shape([SIGNING], rs256(), {"client_id": audience, "token_use": "access"}),
        "Clerk": Shape(
            [SIGNING], rs256(), {"azp": audience, "nbf": NOW - 10, "sid": "sess_1", "v": 2}
        ),
        "Okta": Shape([SIGNING], rs256(), {"aud": audience, "cid": "0oa", "uid": "00u", "ver": 1}),
        "Firebase": Shape(
            [SIGNING], rs256(), {"aud": audience, "user_id": row.user, "auth_time": NOW}
        ),
        "Supabase": Shape(
            [ELLIPTIC],
            {"alg": "ES256", "kid": "ec", "typ": "JWT"},
            {"aud": audience, "aal": "aal1"},
        ),
        "Zitadel": Shape([SIGNING], rs256("application/at+jwt"), {"aud": ["1", audience]}),
    }


def token(row: Settings, shape: Shape, **others: Any) -> bytes:
    claims = {"iss": row.issuer, "sub": row.user, "iat": NOW, "exp": SOON, **shape.claims, **others}
    algorithm = shape.header["alg"]
    return signed(claims, shape.header, EC if algorithm == "ES256" else RSA, algorithm)


async def verdict(row: Settings, shape: Shape, token: bytes) -> str:
    """The user that a token proves, or why it proves none."""
    issuer = Issuer()
    issuer.keys = shape.jwks
    async with served(issuer) as keys:
        service = Authenticator(keys, issuer=row.issuer, audience=row.audience, is_user=users())
        try:
            return await service.authenticate([b"Bearer " + token])
        except TokenInvalid as refused:
            return str(refused)


def test_every_provider_of_the_page_has_a_shape() -> None:
    assert ROWS
    assert set(ROWS) == set(shapes(next(iter(ROWS.values()))))


@pytest.mark.parametrize("provider", ROWS)
async def test_a_token_of_the_providers_shape_proves_its_user(provider: str) -> None:
    row = ROWS[provider]
    shape = shapes(row)[provider]
    assert await verdict(row, shape, token(row, shape)) == row.user


@pytest.mark.parametrize("provider", ROWS)
async def test_a_token_for_somebody_else_is_refused(provider: str) -> None:
    row = ROWS[provider]
    shape = shapes(row)[provider]
    named = "client_id" if "client_id" in shape.claims else "aud"
    named = named if named in shape.claims else "azp"
    others: tuple[Any, ...] = ("another", [], None)
    for other in others:
        refused = await verdict(row, shape, token(row, shape, **{named: other}))
        assert refused == "The token is for another audience."


@pytest.mark.parametrize("aud", ["another", ["another"], [], None, ""])
@pytest.mark.parametrize("provider", ["Cognito", "Clerk"])
async def test_no_client_stands_in_for_an_audience_that_is_another(provider: str, aud: Any) -> None:
    row = ROWS[provider]
    shape = shapes(row)[provider]
    refused = await verdict(row, shape, token(row, shape, aud=aud))
    assert refused == "The token is for another audience."


async def test_the_client_counts_before_the_authorized_party() -> None:
    row = ROWS["Cognito"]
    shape = shapes(row)["Cognito"]
    refused = await verdict(row, shape, token(row, shape, client_id="another", azp=row.audience))
    assert refused == "The token is for another audience."


async def test_a_token_with_many_roles_is_as_good_and_is_remembered() -> None:
    row = ROWS["Keycloak"]
    shape = shapes(row)["Keycloak"]
    header = b"Bearer " + token(row, shape)
    assert 20_000 < len(header) < 60_000
    issuer = Issuer()
    issuer.keys = shape.jwks
    async with served(issuer) as keys:
        service = Authenticator(keys, issuer=row.issuer, audience=row.audience, is_user=users())
        assert await service.authenticate([header]) == row.user
        assert service.cached([header]) == row.user
        assert service.cached([header[:-1]]) is None
        assert max(map(len, service._verified)) < 100

"""Tokens as they are issued here are signed and read without PyJWT, and are the same tokens."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import jwt
import pytest

from mock_ares.ares import credentials
from mock_ares.ares.credentials import Identity, Keyring
from mock_ares.ares.profiles import PROFILES

SECRET = b"x" * 32
CLAIMS: dict[str, Any] = {"sub": "a", "email": "ü@b", "exp": 2_000_000_000, "iat": 1}


@pytest.mark.parametrize("kind", ["access", "refresh"])
@pytest.mark.parametrize("sub", ["a", "ü \ud800 \0"])
def test_it_is_what_pyjwt_would_have_issued(kind: Any, sub: str) -> None:
    keyring = Keyring(SECRET, PROFILES["docs"], clock=lambda: 1000.5)
    token = keyring.issue_jwt(sub=sub, kind=kind, lifetime=60)
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_exp": False})
    assert token == jwt.encode(claims, SECRET, algorithm="HS256")
    assert credentials._issued(token, SECRET) == claims
    found = keyring.read_jwt(token, kind)
    assert isinstance(found, Identity)
    assert (found.subject, found.expires) == (sub, 1060.0)


@pytest.mark.parametrize(
    "claims",
    [
        {**CLAIMS, "aud": "somebody"},
        {**CLAIMS, "exp": True},
        {**CLAIMS, "exp": 2**63},
        {**CLAIMS, "typ": 1},
        {**CLAIMS, "sub": None},
        {name: value for name, value in CLAIMS.items() if name != "iat"},
    ],
)
def test_with_other_claims_pyjwt_is_asked(claims: dict[str, Any]) -> None:
    assert credentials._issued(jwt.encode(CLAIMS, SECRET, algorithm="HS256"), SECRET) == CLAIMS
    try:
        token = jwt.encode(claims, SECRET, algorithm="HS256")
    except TypeError:
        pytest.skip("it does not issue that")
    assert credentials._issued(token, SECRET) is None


def test_another_signature_or_header_is_none_of_ours() -> None:
    token = jwt.encode(CLAIMS, SECRET, algorithm="HS256")
    assert credentials._issued(token, b"y" * 32) is None
    assert credentials._issued(jwt.encode(CLAIMS, SECRET, algorithm="HS256", headers={"kid": "1"}), SECRET) is None
    assert credentials._issued(jwt.encode(CLAIMS, b"y" * 64, algorithm="HS512"), b"y" * 64) is None


@pytest.mark.parametrize("payload", ["[1]", "1", "{", "\xff", "[" * 5000])
def test_a_payload_that_is_no_object_is_left_to_pyjwt(payload: str) -> None:
    signed = f"{credentials._HEADER}.{credentials._encoded(payload.encode('latin-1'))}"
    token = f"{signed}.{credentials._signature(signed, SECRET)}"
    assert credentials._issued(token, SECRET) is None
    assert Keyring(SECRET).read_jwt(token) == "malformed-token"


def test_pyjwt_is_not_imported_for_them() -> None:
    code = (
        "import sys; from mock_ares.ares.credentials import Keyring; keyring = Keyring()\n"
        "assert not isinstance(keyring.read_jwt(keyring.issue_jwt()), str); print('jwt' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

"""Why a request was refused, in words for whoever runs the fake; the client is told what ARES tells it.

Nothing of a token or a key is repeated.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from mock_ares.ares.credentials import Keyring

LAST = 253_402_300_799
"""The last second of the year 9999."""
MOST_PATH = 200
"""Characters of a path up to which the nearest one is looked for."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,20}) +\S")
_CLAIMS = {"sub": "a text", "email": "a text", "exp": "a whole number", "iat": "a whole number"}


def credentials(keyring: Keyring, value: str | None, expected_kind: Literal["jwt", "api-key"]) -> str:
    """Why an ``Authorization`` value was refused where a JWT or a key is wanted."""
    if not value:
        return "no Authorization field"
    if not value.startswith("Bearer "):
        return _scheme(value)
    token = value.removeprefix("Bearer ")
    if not token.strip():
        return "there is no token behind Bearer"
    return _token(keyring, token) if expected_kind == "jwt" else _key(keyring, token)


def _scheme(value: str) -> str:
    if value.startswith(("eyJ", "ares_")):
        return "a token without the scheme: expected Authorization: Bearer and the token"
    match = _SCHEME.match(value)
    if match is None:
        return "the Authorization field is neither Bearer and a token nor any other scheme"
    return f"the scheme of the Authorization field is {match[1]}, not Bearer"


def _token(keyring: Keyring, token: str) -> str:
    if token.startswith("ares_"):
        return "an API key on a route that takes JWTs"
    name = keyring.read_jwt(token)
    if name == "expired-token":
        late = f"; its {keyring.profile.leeway:g} s of leeway are over" if keyring.profile.leeway else ""
        return _expired(keyring, claims_of(token).get("exp", 0)) + late
    reasons = {
        "bad-signature": "the JWT is signed with another secret",
        "revoked-token": "the JWT was revoked",
        "wrong-kind": "a refresh token where an access token is wanted",
    }
    return reasons.get(str(name)) or _malformed(token)


def _key(keyring: Keyring, key: str) -> str:
    if key.startswith("eyJ"):
        return "a JWT on a route that takes API keys"
    if not key.startswith("ares_"):
        return "no API key: one begins with ares_"
    expires = keyring.key_expiry(key)
    if expires is None:
        return "an API key that nobody made here, or under another secret"
    if keyring.is_over(expires):
        return _expired(keyring, expires)
    return "the API key was revoked"


def _malformed(token: str) -> str:
    parts = token.count(".") + 1
    if parts != 3:
        return f"no JWT: it has {parts} of three parts"
    head, claims = header_of(token), claims_of(token)
    if not head or not claims:
        return "no JWT: its parts are no JSON in Base64"
    if head.get("alg") != "HS256":
        return "the JWT is not signed with HS256"
    for name, kind in _CLAIMS.items():
        if name not in claims:
            return f"the JWT has no claim {name}"
        if (kind == "a text") != isinstance(claims[name], str):
            return f"the claim {name} of the JWT is not {kind}"
    return "the JWT is malformed: a claim or its Base64 is not as it must be"


def header_of(token: str) -> dict[str, Any]:
    """A JWT's header, unverified; empty where there is none."""
    return _part(token, 0)


def claims_of(token: str) -> dict[str, Any]:
    """A JWT's claims, unverified; empty where there are none."""
    return _part(token, 1)


def _part(token: str, index: int) -> dict[str, Any]:
    import json
    from base64 import urlsafe_b64decode

    try:
        part = token.split(".")[index]
        value = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _expired(keyring: Keyring, expires: float) -> str:
    return f"expired {moment(expires)}, the clock says {moment(keyring.clock())}"


def moment(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 has them, whatever their size."""
    return datetime.fromtimestamp(int(min(max(seconds, 0), LAST)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def no_such_path(path: str, known: Iterable[str]) -> str:
    """With the nearest that there is."""
    near = difflib.get_close_matches(path, set(known), n=1, cutoff=0.75) if len(path) <= MOST_PATH else []
    return f"there is no such path; did you mean {near[0]}?" if near else "there is no such path"


def offer(fields: Mapping[str, str]) -> str:
    """That an upgrade was offered, where that may be why it is not understood."""
    protocols = fields.get("upgrade", "")
    return "; the WebSocket that it offers is not taken: ARES has none" if "websocket" in protocols.lower() else ""

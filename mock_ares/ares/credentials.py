"""Tokens and keys, made and checked without a memory: any process that knows the secret agrees on them.

JWTs have ARES's claims, HS256. An API key is ``ares_``, a number of its own, an id, an expiry and a MAC over them; ARES
looks keys up in a table instead, which a client cannot tell. A JWT and a key made as a pair carry one id, and so share
script and journal.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from mock_ares.ares.errors import HttpError, lookup
from mock_ares.ares.profiles import PROFILES, Profile

SECRET = b"mock-ares signs with this; it is no secret"
"""What signs where nothing else is given. Public, as the fake guards nothing."""
KEY_PREFIX = "ares_"
LEAST_KEY = 13
"""Characters by which ARES looks a key up."""
MONTH = 30 * 86400.0
"""Seconds."""
REMEMBERED = 4096
"""Bytes of a token up to which what came of it is remembered."""
MOST_SUBJECT = 200
"""Characters."""
MOST_REVOKED = 100_000
NEVER = 2**40 - 1
"""Seconds since the epoch, in the year 36812: the expiry of a key that has none."""
_KEY = re.compile(r"ares_[0-9a-f]{80}")
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""The one spelling of a token: decoders of Base64 let others pass, under which a revoked one would come back."""

_CLAIMS: dict[str, type] = {"sub": str, "email": str, "exp": int, "iat": int}
_CHECKED: Any = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False}
"""What PyJWT checks is what ARES's library does; the expiry is checked here, by the injected clock."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose request it is."""

    subject: str
    """The user's id: a JWT's ``sub``."""
    token_id: str
    """What scripts and journal go by; the same for both halves of a pair."""
    email: str
    kind: str
    """access, refresh, key, or none."""
    expires: float | None
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A JWT and an API key with one id."""

    token: str
    api_key: str
    id: str


@dataclass(slots=True)
class Keyring:
    """Issues and checks under one secret and one profile."""

    secret: bytes = SECRET
    profile: Profile = PROFILES["docs"]
    clock: Callable[[], float] = time.time
    _revoked: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    """Digests, 32 bytes each; bounded, as clients can make keys and give them up for ever."""

    def issue_jwt(
        self,
        *,
        sub: str | None = None,
        email: str = "user@example.com",
        kind: Literal["access", "refresh"] = "access",
        lifetime: float | None = None,
    ) -> str:
        """A signed token; ``lifetime`` in seconds from now, negative for one that has expired. A new ``sub`` each.

        JWTs count whole seconds: it lasts for ``lifetime`` and up to a second more.
        """
        import jwt

        now = int(self.clock())
        default = self.profile.access_lifetime if kind == "access" else self.profile.refresh_lifetime
        expires = now + int(default if lifetime is None else lifetime)
        claims: dict[str, Any] = {"sub": sub or str(uuid.uuid4()), "email": email, "exp": expires}
        claims["iat"] = min(now, expires)
        if self.profile.checks_kind and kind == "refresh":
            claims["typ"] = "refresh"
        return jwt.encode(claims, self._hmac_secret, algorithm="HS256")

    def issue_api_key(self, *, id: str | None = None, lifetime: float = MONTH) -> str:
        """A key of its own id, which is a UUID; ``lifetime`` in seconds from now. Raises ValueError for another id.

        No two are the same, and none has the same first characters behind ``ares_`` as another of the same id, bad luck
        aside (24 bits).
        """
        owner = uuid.UUID(id) if id else uuid.uuid4()
        expires = int(min(max(0.0, self.clock() + lifetime), NEVER))
        body = secrets.token_bytes(3) + owner.bytes + expires.to_bytes(5)
        return KEY_PREFIX + body.hex() + self._mac(body)

    def pair(self, *, lifetime: float = MONTH) -> Credentials:
        """A JWT and a key that share one id."""
        owner = str(uuid.uuid4())
        return Credentials(
            self.issue_jwt(sub=owner, lifetime=lifetime), self.issue_api_key(id=owner, lifetime=lifetime), owner
        )

    def revoke(self, token: str) -> None:
        """From now on the token or key is refused."""
        self._revoked[hashlib.sha256(token.encode()).digest()] = None
        if len(self._revoked) > MOST_REVOKED:
            self._revoked.popitem(last=False)

    def is_revoked(self, token: str) -> bool:
        return bool(self._revoked) and hashlib.sha256(token.encode()).digest() in self._revoked

    def is_over(self, expires: float, leeway: float = 0.0) -> bool:
        """Whether an expiry has passed, in whole seconds as ARES counts for tokens and keys: ``now > exp + leeway``."""
        return int(self.clock()) > expires + leeway

    def check_bearer(self, header: str | None) -> Identity | HttpError:
        """Who an ``Authorization`` value of a JWT route is, or the profile's answer to it."""
        if not header:
            return self._refuse("missing-token")
        if not header.startswith("Bearer "):
            return self._refuse("malformed-token")
        return self.check_jwt(header.removeprefix("Bearer "))

    def check_jwt(self, token: str, *, kind: str = "access") -> Identity | HttpError:
        """Signature, expiry, claims and, in the docs profile, kind."""
        identity = self.read_jwt(token, kind)
        return self._refuse(identity) if isinstance(identity, str) else identity

    def read_jwt(self, token: str, kind: str = "access") -> Identity | str:
        """The same; a refusal is the name of the error."""
        claims = self._claims(token)
        if isinstance(claims, str):
            return claims
        if self.is_over(claims["exp"], self.profile.leeway):
            return "expired-token"
        if self.is_revoked(token):
            return "revoked-token"
        token_kind = str(claims.get("typ", "access"))
        if self.profile.checks_kind and token_kind != kind:
            return "wrong-kind"
        owner = _bounded(claims["sub"])
        return Identity(owner, owner, claims["email"], token_kind, float(claims["exp"]))

    def _claims(self, token: str) -> dict[str, Any] | str:
        decode = _decoded if len(token) <= REMEMBERED else _decoded.__wrapped__
        return decode(token, self._hmac_secret)

    def has_signed(self, token: str) -> bool:
        """Whether the last part of a JWT is this secret's signature of the others."""
        message, _, signature = token.rpartition(".")
        digest = hmac.digest(self._hmac_secret, message.encode(), "sha256")
        return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), signature.encode())

    def check_api_key(self, header: str | None) -> Identity | HttpError:
        """Who an ``Authorization`` value of a key route is, or ARES's answer to it, in ARES's order."""
        if header is None:
            return self._refuse("missing-key")
        if not all(" " <= char <= "~" or char == "\t" for char in header):
            return self._refuse("malformed-header")
        if not header.startswith("Bearer "):
            return self._refuse("bad-scheme")
        key = header.removeprefix("Bearer ")
        if not key.startswith(KEY_PREFIX):
            return self._refuse("wrong-key-format")
        return self._known_key(key) if len(key) >= LEAST_KEY else self._refuse("short-key")

    def key_expiry(self, key: str) -> int | None:
        """When a key expires, in seconds since the epoch; None: it is none of this secret's."""
        if not _KEY.fullmatch(key):
            return None
        body, mac = bytes.fromhex(key[5:53]), key[53:]
        return int.from_bytes(body[19:]) if hmac.compare_digest(mac, self._mac(body)) else None

    def _known_key(self, key: str) -> Identity | HttpError:
        expires = self.key_expiry(key)
        if expires is None:
            return self._refuse("invalid-key")
        owner = str(uuid.UUID(bytes=bytes.fromhex(key[5:53])[3:19]))
        if self.is_over(expires):
            return self._refuse("expired-key")
        if self.is_revoked(key):
            return self._refuse("revoked-key")
        return Identity(owner, owner, "", "key", float(expires))

    @property
    def _hmac_secret(self) -> bytes:
        # As it stands, so that a backend which signs with the same one is believed; stretched where it is shorter than
        # RFC 7518 3.2 asks of an HS256 key.
        return self.secret if len(self.secret) >= 32 else hashlib.sha256(b"jwt" + self.secret).digest()

    def _mac(self, body: bytes) -> str:
        return hmac.new(self.secret, b"api-key" + body, hashlib.sha256).hexdigest()[:32]

    def _refuse(self, name: str) -> HttpError:
        return lookup(self.profile, name)


@lru_cache(maxsize=1024)
def _decoded(token: str, secret: bytes) -> dict[str, Any] | str:
    """The claims of a token, not to be changed, or what is wrong with it whenever it is looked at."""
    import jwt

    if not _JWT.fullmatch(token):
        return "malformed-token"
    try:
        claims: dict[str, Any] = jwt.decode(token, secret, algorithms=["HS256"], options=_CHECKED)
    except jwt.InvalidSignatureError:
        return "bad-signature"
    except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):  # whatever stands where in its JSON
        return "malformed-token"
    if any(type(claims[name]) is not kind for name, kind in _CLAIMS.items()):
        return "malformed-token"
    if any(not -(2**63) <= claims[name] < 2**63 for name, kind in _CLAIMS.items() if kind is int):
        return "malformed-token"  # ARES reads 64 bits
    return claims


def _bounded(subject: str) -> str:
    """A name for whoever is called so, of no more than a few bytes: scripts, limits and conversations go by it."""
    return subject if len(subject) <= MOST_SUBJECT else hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()

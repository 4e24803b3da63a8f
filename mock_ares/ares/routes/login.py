"""Registering, logging in, refreshing and logging out.

``docs``: a refresh token is opaque, and lasts until it is given up. ``server``: it is a JWT like the access token, but
for its expiry, and good for one refresh, within the lifetime of an access token.
"""

from __future__ import annotations

import secrets
from typing import Any, NoReturn

from mock_ares.ares.credentials import Identity
from mock_ares.ares.errors import lookup, unstorable
from mock_ares.ares.jwt_mistakes import mistake
from mock_ares.ares.memory.accounts import User, id_of
from mock_ares.ares.routes.operations import OperationCall, OperationRefusedError, Result, refuse
from mock_ares.ares.serde import Field, Struct

LEAST_PASSWORD = 8
"""Characters, as the pages would count; bytes of UTF-8 in the server."""

_EMAIL, _PASSWORD, _REFRESH = Field("email", "string"), Field("password", "string"), Field("refresh_token", "string")
REGISTER = Struct("RegisterRequest", (_EMAIL, _PASSWORD, Field("name", "string")))
LOGIN = Struct("LoginRequest", (_EMAIL, _PASSWORD))
REFRESH = Struct("RefreshTokenRequest", (_REFRESH,))
LOGOUT = Struct("LogoutRequest", (_REFRESH,))


def register(call: OperationCall) -> Result:
    email, password = call.fields["email"], call.fields["password"]
    if not email or len(password if call.docs else password.encode()) < LEAST_PASSWORD:
        refuse(call, 400, "Email required and password must be at least 8 characters", "INVALID_INPUT")
    _check_storable(call, email)
    id = id_of(email)
    if call.docs:
        id = f"usr_{id.replace('-', '')[:12]}"
    user = call.store.accounts.register(email, password, call.fields["name"], id)
    if user is None:
        refuse(call, 409 if call.docs else 400, "User already exists", "INVALID_INPUT")
    if call.docs:
        return Result({"message": "Registration successful", "user_id": user.id})
    return Result(_tokens(call, user.id, user.email))


def _check_storable(call: OperationCall, email: str) -> None:
    if not call.docs and "\0" in email:
        raise OperationRefusedError(unstorable("Failed to query user"))


def login(call: OperationCall) -> Result:
    _check_storable(call, call.fields["email"])
    user: User | None = call.store.accounts.verify(call.fields["email"], call.fields["password"])
    if user is None:
        _denied(call, "Invalid credentials")
    return Result(_tokens(call, user.id, user.email))


def refresh(call: OperationCall) -> Result:
    token = call.fields["refresh_token"]
    if not call.docs and (reason := _mistake(call, token)) is not None:
        _denied(call, f"Invalid token: {reason}")
    session = call.store.accounts.session(token, call.now)
    if session is None or call.keyring.is_revoked(token):
        if call.docs:
            raise OperationRefusedError(lookup(call.profile, "revoked-token"))
        _denied(call, "Refresh token has been revoked or expired")
    if call.docs:
        return Result(_access(call, session.user_id, session.email))
    call.store.accounts.close(token)
    return Result(_tokens(call, session.user_id, session.email))


def _mistake(call: OperationCall, token: str) -> str | None:
    """What ARES's library has against a refresh token; whether there is a session is another question."""
    identity = call.keyring.read_jwt(token)
    if isinstance(identity, Identity) or identity == "revoked-token":
        return None
    if identity == "expired-token":
        return "ExpiredSignature"
    return (
        mistake(token, call.keyring.has_signed) or "InvalidAudience"
    )  # of what is checked behind that, the only thing left


def logout(call: OperationCall) -> Result:
    call.store.accounts.close(call.fields["refresh_token"])
    return Result({"message": "Logged out successfully"})


def _denied(call: OperationCall, message: str) -> NoReturn:
    refuse(call, 401, message, "AUTHENTICATION_FAILED")


def _access(call: OperationCall, user: str, email: str) -> dict[str, Any]:
    token = call.keyring.issue_jwt(sub=user, email=email)
    return {"access_token": token, "expires_in": int(call.profile.access_lifetime)}


def _tokens(call: OperationCall, user: str, email: str) -> dict[str, Any]:
    fields, profile, accounts = _access(call, user, email), call.profile, call.store.accounts
    if call.docs:
        token, lifetime = f"rt_{secrets.token_urlsafe(24)}", profile.refresh_lifetime
    else:
        token, lifetime = _unknown(call, user, email), profile.access_lifetime
    accounts.open(token, user, email, call.now + lifetime)
    return {"access_token": fields["access_token"], "refresh_token": token, "expires_in": fields["expires_in"]}


def _unknown(call: OperationCall, user: str, email: str) -> str:
    """A refresh token that was not given out before.

    ARES issues the same one twice in one second, which revives the first; here the second lasts a second longer.
    """
    lifetime = call.profile.refresh_lifetime
    while call.store.accounts.has_known(
        token := call.keyring.issue_jwt(sub=user, email=email, kind="refresh", lifetime=lifetime)
    ):
        lifetime += 1
    return token

"""Users and their sessions. A session is what a refresh token stands for; access tokens need no memory."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections import OrderedDict
from dataclasses import dataclass

MOST_USERS = 10_000
MOST_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who has registered."""

    id: str
    email: str
    name: str
    digest: bytes
    """Of the password. ARES's is slow to make, for thieves of databases; here that would only slow tests down."""


@dataclass(slots=True)
class Session:
    """A refresh token's user, and the moment from which it will not do, in seconds since the epoch."""

    user_id: str
    email: str
    expires: float
    open: bool = True


class Accounts:
    """Bounded: the user who registered first and the session that was opened first are forgotten first."""

    def __init__(self, most_users: int = MOST_USERS, most_sessions: int = MOST_SESSIONS) -> None:
        self._most_users, self._most_sessions = most_users, most_sessions
        self._users: OrderedDict[str, User] = OrderedDict()
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def register(self, email: str, password: str, name: str, id: str) -> User | None:
        """The new user; None where the address is taken. Any text is an address, and case counts."""
        if email in self._users:
            return None
        user = self._users[email] = User(id, email, name, _digest(id, password))
        if len(self._users) > self._most_users:
            self._users.popitem(last=False)
        return user

    def verify(self, email: str, password: str) -> User | None:
        """Who logs in; None where nobody does, whatever the reason."""
        user = self._users.get(email)
        if user is None or not hmac.compare_digest(user.digest, _digest(user.id, password)):
            return None
        return user

    def open(self, token: str, user_id: str, email: str, expires: float) -> None:
        """A session, under its refresh token."""
        self._sessions[_hash(token)] = Session(user_id, email, expires)
        if len(self._sessions) > self._most_sessions:
            self._sessions.popitem(last=False)

    def has_known(self, token: str) -> bool:
        """Whether such a refresh token was given out, and not forgotten since; its session may be over."""
        return _hash(token) in self._sessions

    def session(self, token: str, now: float) -> Session | None:
        """The session that a refresh token stands for; None where it is unknown, closed or over."""
        session = self._sessions.get(_hash(token))
        return session if session is not None and session.open and now < session.expires else None

    def close(self, token: str) -> None:
        """From now on the refresh token will not do."""
        session = self._sessions.get(_hash(token))
        if session is not None:
            session.open = False


def id_of(email: str) -> str:
    """The id of an address's user: a UUID, the same each time, so that tokens outlive a restart of the fake."""
    return str(uuid.UUID(bytes=hashlib.sha256(b"user " + email.encode()).digest()[:16], version=4))


def _digest(salt: str, password: str) -> bytes:
    return hashlib.sha256(f"{salt}\0{password}".encode()).digest()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

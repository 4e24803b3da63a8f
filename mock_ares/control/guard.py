"""Who may call the control API: programs of this machine, pages of the fake's own origin, holders of the token."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from mock_ares.control.messages import RefusedError
from mock_ares.server.replies.cors import is_loopback
from mock_ares.server.state import FakeState


class Guard:
    """A browser tells by itself whose page asks (Fetch Metadata, RFC 6454); a page cannot keep it from that."""

    def __init__(self, fake: FakeState) -> None:
        self._fake = fake
        self._session = secrets.token_urlsafe(32)

    def host(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Raises RefusedError for a name that leads here, and is none of this machine's own: DNS rebinding."""
        host = headers.get("host", "")
        if not self._exposed(scope) and not is_loopback(f"http://{host}"):
            raise RefusedError(403, f"the Host {host!r} is no name of this machine: use localhost or 127.0.0.1")

    def caller(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Raises RefusedError for a page of another origin."""
        host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
            raise RefusedError(403, f"a page of {origin} may not use the control API; only its own console, or no page")
        if site not in (None, "same-origin", "none"):
            raise RefusedError(403, f"a {site} page may not use the control API (Sec-Fetch-Site); only its own console")

    def credentials(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        """Raises RefusedError where a control token is wanted and not there."""
        control_token = self._fake.settings.control_token
        if control_token is None:
            if self._exposed(scope):
                raise RefusedError(
                    403, "this fake listens beyond loopback without a control token: give it one with --control-token"
                )
            return
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and _same(token.strip(), control_token):
            return
        if not _same(self._cookie(scope, headers), self._session):
            reason = "expected Authorization: Bearer with the --control-token that the fake was started with"
            raise RefusedError(401, reason, headers=(("www-authenticate", "Bearer"),))

    def opened(self, scope: Mapping[str, Any], token: str) -> str | None:
        """The cookie for a control token; None where no token is wanted. Raises RefusedError for a wrong one."""
        control_token = self._fake.settings.control_token
        if control_token is None:
            self.credentials(scope, {})
            return None
        if not _same(token, control_token):
            raise RefusedError(401, "this is not the --control-token that the fake was started with", where="token")
        return f"{self._name(scope)}={self._session}; Path=/_mock/; HttpOnly; SameSite=Strict"

    def _exposed(self, scope: Mapping[str, Any]) -> bool:
        address = (scope.get("server") or ("", 0))[0]
        return self._fake.settings.exposed or not is_loopback(f"http://{_authority(address)}")

    def _cookie(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        """The session's cookie among those of other applications on this host, whose names are anything (RFC 6265 5.4).

        ``http.cookies`` takes none of them where it does not like one.
        """
        for pair in headers.get("cookie", "").split(";"):
            name, equals, value = pair.partition("=")
            if equals and name.strip() == self._name(scope):
                return value.strip()
        return ""

    def _name(self, scope: Mapping[str, Any]) -> str:
        """With the port, which a cookie does not know."""
        return f"mock_ares_control_{(scope.get('server') or ('', 0))[1]}"


def _authority(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _same(one: str, other: str) -> bool:
    """In a time that tells nothing of either."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))

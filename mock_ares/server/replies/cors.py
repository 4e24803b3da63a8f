"""CORS fields for every head (Fetch standard 3.3): a page from any loopback origin can read all of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from mock_ares.ares.profiles import CorsLayer
from mock_ares.plan.model import Headers

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
REQUEST_HEADERS = "authorization, content-type, accept, x-mock-ares-scenario, x-admin-secret"
EXPOSED = (
    "retry-after, x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset, x-ratelimit-after, "
    "x-input-tokens, x-output-tokens, location"
)


ALLOWED = "access-control-allow-origin"
_CREDENTIALS = ("access-control-allow-credentials", "true")


class Cors:
    """Which origins may read: by default every loopback one and ``null`` (files, sandboxes); ``*``; or a list."""

    def __init__(self, origins: Sequence[str] | None = None) -> None:
        self._origins = None if origins is None else frozenset(origins)

    def allows(self, origin: str) -> bool:
        if self._origins is None:
            return origin == "null" or is_loopback(origin)
        return "*" in self._origins or origin in self._origins

    def headers_for(self, origin: str | None, layer: CorsLayer | None = None) -> Headers:
        """Fields for any head, whatever its status; ``Vary`` also where the origin is not allowed.

        ``layer``: the profile's own, whose origins are allowed, too.
        """
        if layer is not None:
            return (("vary", layer.vary), _CREDENTIALS, *self._allowed(origin, layer))
        return (*self._allowed(origin, layer), ("vary", "origin"))

    def _allowed(self, origin: str | None, layer: CorsLayer | None) -> Headers:
        if origin is not None and layer is not None and origin in layer.origins:
            return (("access-control-allow-origin", origin),)
        if origin is None or not self.allows(origin):
            return ()
        return (("access-control-allow-origin", origin), ("access-control-expose-headers", EXPOSED))

    def preflight(self, origin: str | None, headers: str, layer: CorsLayer | None = None) -> Headers:
        """The fields of a preflight's head.

        Header names that were asked for are allowed too: what a client sends should be seen by the fake.
        """
        if layer is None:
            return (*self.headers_for(origin), *self._preflight(origin, headers))
        own = (("access-control-allow-methods", layer.methods), ("access-control-allow-headers", layer.headers))
        asked = () if origin in layer.origins else self._preflight(origin, headers)
        return (_CREDENTIALS, ("vary", layer.vary), *(asked or own), *self._allowed(origin, layer))

    def _preflight(self, origin: str | None, headers: str) -> Headers:
        if origin is None or not self.allows(origin):
            return ()
        known = {name.strip() for name in REQUEST_HEADERS.split(",")}
        asked = [name for name in (part.strip().lower() for part in headers.split(",")) if name and name not in known]
        return (
            ("access-control-allow-methods", METHODS),
            (
                "access-control-allow-headers",
                ", ".join([REQUEST_HEADERS, *(name for name in asked if _is_token(name))]),
            ),
            ("access-control-allow-private-network", "true"),
            ("access-control-max-age", "600"),
        )


def unread(origin: str, own: str, sent: Headers) -> str:
    """Why the page of an origin is not given an answer with these fields (Fetch 4.9); empty: it is, or is no page's."""
    if not origin or origin == own or any(name.lower() == ALLOWED for name, _ in sent):
        return ""
    return f"a page of {origin} may not read it (CORS): --cors {origin} allows it"


def _is_token(name: str) -> bool:
    return all(char.isascii() and (char.isalnum() or char in "!#$%&'*+-.^_`|~") for char in name)


def is_loopback(origin: str) -> bool:
    """Whether an origin is a page of this machine: localhost, *.localhost, 127.0.0.0/8 or [::1], any port."""
    try:
        parts = urlsplit(origin)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    # An origin is a scheme and an authority and nothing else (RFC 6454 6.1); urlsplit also drops what it dislikes.
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return False
    if origin.lower() != f"{parts.scheme}://{parts.netloc}".lower():
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

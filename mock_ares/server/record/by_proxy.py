"""Whether a request came by way of a proxy, which may keep from the page how its answer ends."""

from __future__ import annotations

from urllib.parse import urlsplit

from mock_ares.server.record.journal import Exchange
from mock_ares.server.transport.header_fields import Fields

FORWARDED = ("x-forwarded-host", "forwarded", "via", "x-forwarded-for")


def proxy_of(exchange: Exchange, port: int) -> str | None:
    """Where the page has it, such as ``localhost:5173``; None: nothing shows that there is a proxy.

    Some say so. Of those that do not, browsers tell: a page that asks its own server (Fetch Metadata 2.3) has not asked
    one that listens on another port. ``port``: ours.
    """
    fields = Fields(exchange.headers)
    if said := next(filter(None, map(fields.get, FORWARDED)), None):
        return said
    if fields.get("sec-fetch-site") != "same-origin":
        return None
    page = fields.get("origin") or fields.get("referer") or f"http://{fields.get('host', '')}"
    try:
        parts = urlsplit(page)
        asked = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:  # no origin at all
        return None
    return parts.netloc if parts.hostname and asked != port else None

"""What stands between a client and the fake and is neither's doing: proxies, patches, limits of the machine.

A client that runs into one of these has not been tested. The reason, and what to do, are told in place of a verdict.
"""

from __future__ import annotations

import re
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

_REASONS = (
    (
        r"Socket(?:Connect)?BlockedError|tried to use socket\.",
        "pytest-socket forbids the connection; allow the fake's host (--allow-hosts=127.0.0.1), or mark the tests that "
        "use it with enable_socket",
    ),
    (
        r"\bEMFILE\b|\bENFILE\b|[Tt]oo many open files",
        "there are no file descriptors left; raise the limit (ulimit -n), or look for files and connections that the "
        "client leaves open",
    ),
    (
        r"\bEADDRNOTAVAIL\b|Cannot assign requested address|[Cc]an't assign requested address",
        "there are no ports left for a connection; wait until those in TIME_WAIT have gone, or look for what opens so "
        "many",
    ),
    (r"\bENOSPC\b|No space left on device", "a disk is full; make room, or set TMPDIR to a folder that has some"),
    (r"\bENOMEM\b|Cannot allocate memory", "there is no memory left"),
    (r"\bEAGAIN\b|Resource temporarily unavailable|can't start new thread", "there may be no more processes"),
)
_PATTERNS = tuple((re.compile(pattern), reason) for pattern, reason in _REASONS)


def obstacle(error: str | None) -> str | None:
    """What of the machine or of a test's tools a client has run into, by what it reported; None: nothing known."""
    if not error:
        return None
    return next((reason for pattern, reason in _PATTERNS if pattern.search(error)), None)


def proxy(url: str) -> str | None:
    """What is to be told of a proxy that clients in this process may be sent to in the place of ``url``; None: no."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxies = getproxies()
    kind = next((kind for kind in (parts.scheme, "all") if kind in proxies), None)
    if kind is None or proxy_bypass(parts.netloc):
        return None
    return (
        f"the environment sends requests to a proxy ({kind}_proxy), this machine's own too; say that those need none: "
        f"NO_PROXY={parts.hostname},localhost"
    )


def unreachable(url: str, seconds: float = 5.0) -> str | None:
    """Why the fake cannot be asked by this process, which is not under test; None: it can."""
    parts = urlsplit(url)
    try:
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=seconds)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        finally:
            connection.close()
    except (OSError, HTTPException, RuntimeError) as error:
        message = f"{type(error).__name__}: {error}"
        return obstacle(message) or f"the fake does not answer at {url}: {message}"
    return None

"""What stands between a client and the fake and is neither's doing: proxies, patches, limits of the machine.

A client that runs into one of these has not been tested. The reason, and what to do, are told in place of a verdict.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from mock_ares.harness.model import UsageError
from mock_ares.harness.settings import Transport

UNTRUSTING = (
    "the client does not trust the fake's authority, which is the file that ARES_CA names in its environment (ca in a "
    "driver's request, ares.ca in pytest)"
)
_REASONS = (
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|UNABLE_TO_(?:VERIFY_LEAF|GET_ISSUER)|SELF_SIGNED_CERT|"
        r"unable to (?:get local issuer|verify the first) certificate|SSL certificate problem|"
        r"certificate signed by unknown authority|PKIX path building failed|ERR_CERT_AUTHORITY_INVALID|UnknownIssuer",
        UNTRUSTING,
    ),
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


@contextmanager
def trusting(transport: Transport) -> Iterator[None]:
    """Lets clients that are started meanwhile trust the fake, by what their libraries read in the environment, and know
    by which HTTP it speaks (``ARES_HTTP_VERSION``).

    Raises UsageError where there can be no TLS.
    """
    from mock_ares.server.certificates.identity import CertificateError
    from mock_ares.server.certificates.trust import variables
    from mock_ares.server.hosting.loop import tls_of

    try:
        found = tls_of(transport.tls, "127.0.0.1")
    except CertificateError as error:
        raise UsageError(str(error)) from None
    told: dict[str, str] = {"ARES_HTTP_VERSION": transport.http}
    if found is not None and found.identity.ca is not None:
        told |= variables(found.identity.ca, found.identity.trust_store)
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def unreachable(url: str, seconds: float = 5.0) -> str | None:
    """Why the fake cannot be asked by this process, which is not under test; None: it can."""
    parts = urlsplit(url)
    try:
        connection = _connection(parts.scheme, parts.hostname or "", parts.port, seconds)
        try:
            connection.request("GET", "/health")
            connection.getresponse().read()
        finally:
            connection.close()
    except (OSError, HTTPException, RuntimeError) as error:
        message = f"{type(error).__name__}: {error}"
        return obstacle(message) or f"the fake does not answer at {url}: {message}"
    return None


def _connection(scheme: str, host: str, port: int | None, seconds: float) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(host, port, timeout=seconds)
    import ssl
    from http.client import HTTPSConnection

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # whether anybody answers does not depend on who it is
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return HTTPSConnection(host, port, timeout=seconds, context=context)

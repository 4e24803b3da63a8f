"""What a listener needs to speak TLS, and what its clients need to trust it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path


class CertificateError(Exception):
    """TLS cannot be served; says why, and what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files of one's own, in PEM: a certificate with what leads to its authority, its key, and the authority if clients
    do not know it."""

    cert: str | Path
    key: str | Path
    ca: str | Path | None = None


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """Who a fake is over TLS."""

    context: ssl.SSLContext
    ca: Path | None
    """The authority that clients are told to trust; None: they are expected to know it."""
    trust_store: Path | None = None
    """The same for Java (PKCS 12), where there is one."""


def new_context() -> ssl.SSLContext:
    """TLS 1.2 and 1.3, without renegotiation."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    return context

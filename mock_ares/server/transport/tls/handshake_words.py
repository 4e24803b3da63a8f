"""Why a TLS handshake has come to nothing, in words for whoever reads the log."""

from __future__ import annotations

import ssl

UNTRUSTED = "the client does not trust the certificate: tell it of the authority"
_WORDS = {
    "TLSV1_ALERT_UNKNOWN_CA": UNTRUSTED,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": UNTRUSTED,
    "SSLV3_ALERT_BAD_CERTIFICATE": UNTRUSTED,
    "TLSV1_ALERT_CERTIFICATE_UNKNOWN": UNTRUSTED,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the client says that the certificate has expired",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "the client cannot use such a certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the client can use nothing that is offered",
    "UNSUPPORTED_PROTOCOL": "the client speaks neither TLS 1.2 nor 1.3",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the client speaks neither TLS 1.2 nor 1.3",
    "NO_SHARED_CIPHER": "the client has no cipher in common with this side",
    "WRONG_VERSION_NUMBER": "what came is no TLS",
    "HTTP_REQUEST": "what came is HTTP in clear text",
}


def failure(error: ssl.SSLError) -> str:
    """A line; what is not known here is told as OpenSSL has it."""
    reason = error.reason or str(error)
    return f"a TLS handshake: {_WORDS.get(reason) or reason.replace('_', ' ').lower()}"

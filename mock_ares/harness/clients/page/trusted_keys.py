"""Whom the browser of a page trusts beside those that it knows: the fake, and the server that the page is named by.

No folder of authorities can be given to Chromium, but the keys of certificates that it takes as they are. All others it
refuses, as it does for anybody.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import Iterable
from urllib.parse import urlsplit

FLAG = "--ignore-certificate-errors-spki-list"
ASKED = 5.0
"""Seconds that a server has to show its certificate."""
_BEFORE_KEY = 5
"""Fields between a certificate's version and its key: serial number, algorithm, issuer, validity, subject."""
_VERSION = 0xA0


def keys_of(urls: Iterable[str]) -> frozenset[str]:
    """Of those of them that are https, as Chromium's flag has them. A server that shows none has none: what is wrong
    with it shows when it is asked."""
    found = set()
    for parts in map(urlsplit, urls):
        if parts.scheme == "https" and parts.hostname:
            try:
                shown = ssl.get_server_certificate((parts.hostname, parts.port or 443), timeout=ASKED)
            except OSError:
                continue
            found.add(key_of(ssl.PEM_cert_to_DER_cert(shown)))
    return frozenset(found)


def key_of(certificate: bytes) -> str:
    """The SHA-256 of its SubjectPublicKeyInfo in Base64, for a certificate in DER (RFC 5280, 4.1)."""
    start, _ = _content(certificate, 0)  # Certificate
    at, _ = _content(certificate, start)  # tbsCertificate
    if certificate[at] == _VERSION:
        _, at = _content(certificate, at)
    for _ in range(_BEFORE_KEY):
        _, at = _content(certificate, at)
    _, end = _content(certificate, at)
    return base64.b64encode(hashlib.sha256(certificate[at:end]).digest()).decode()


def _content(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the value that begins there begins and ends (X.690, 8.1.3)."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[at + 2 : start], "big")
    return start, start + length

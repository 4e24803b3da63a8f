"""What a client must refuse, by kind: what is wrong with it, and what a listener needs to be so.

Where it is about a certificate it is, but for the one thing that is wrong, as good as the fake's own: signed by the
authority that clients are told to trust. The dates are fixed, so that no clock that is a little out matters.
"""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_ares.scenario.model import BadTls
from mock_ares.server.certificates.authority import OWN_NAMES, Authority, trustme
from mock_ares.server.certificates.identity import Certificate, CertificateError, new_context

if TYPE_CHECKING:
    from trustme import LeafCert

BAD_TLS: dict[BadTls, str] = {
    "expired": "a certificate that has expired",
    "not-yet-valid": "a certificate that is not valid yet",
    "wrong-host": "a certificate for another host",
    "unknown-authority": "a certificate of an authority that nobody knows",
    "self-signed": "a certificate that no authority has signed",
    "tls-1.1": "TLS 1.1, and nothing newer",
    "endless-handshake": "a handshake that never ends",
}
"""What one comes upon there, for a sentence."""
SILENT: BadTls = "endless-handshake"
"""The one that never comes to a certificate."""
OTHER_HOST = "another-host.invalid"
_DATES = {
    "expired": (datetime.datetime(2001, 1, 1), datetime.datetime(2002, 1, 1)),
    "not-yet-valid": (datetime.datetime(2090, 1, 1), datetime.datetime(2091, 1, 1)),
}


def bad_context(kind: BadTls, tls: bool | Certificate, names: Iterable[str]) -> ssl.SSLContext:
    """For a listener beside a fake with these settings, which clients call by these names.

    Raises CertificateError where there is no authority to make it of, or where this OpenSSL cannot.
    """
    if tls is not True:
        raise CertificateError(
            "what a client must refuse is made with the authority that --tls (Settings(tls=True)) makes; clients that "
            "do not trust that one would refuse anything"
        )
    known, wanted = Authority.kept(), tuple(dict.fromkeys((*OWN_NAMES, *names)))
    context = _old_context() if kind == "tls-1.1" else new_context()
    if kind == "self-signed":
        _load_self_signed(context, known, wanted)
        return context
    if kind == "unknown-authority":
        issued: LeafCert = trustme().CA(organization_name="nobody knows this one").issue_cert(*wanted)
    else:
        issued = known.issue((OTHER_HOST,) if kind == "wrong-host" else wanted, *_DATES.get(kind, (None, None)))
    issued.configure_cert(context)
    return context


def _old_context() -> ssl.SSLContext:
    """TLS 1.1, whose signatures are of SHA-1: no security level but 0 has them. Raises CertificateError."""
    context = new_context()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    except (ValueError, ssl.SSLError):
        raise CertificateError(f"{ssl.OPENSSL_VERSION} speaks no TLS 1.1 any more") from None
    return context


def _load_self_signed(context: ssl.SSLContext, known: Authority, names: tuple[str, ...]) -> None:
    """As a server that somebody has set up in a hurry: the same names and key, signed by that key itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

    leaf = known.issue(names)
    pem = leaf.private_key_pem.bytes()
    key: Any = load_pem_private_key(pem, None)
    issued = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    builder = (
        x509.CertificateBuilder(issued.subject, issued.subject, key.public_key(), issued.serial_number)
        .not_valid_before(issued.not_valid_before_utc)
        .not_valid_after(issued.not_valid_after_utc)
    )
    for kind in (x509.SubjectAlternativeName, x509.BasicConstraints, x509.ExtendedKeyUsage):
        found = issued.extensions.get_extension_for_class(kind)
        builder = builder.add_extension(found.value, found.critical)
    signed = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    descriptor, path = tempfile.mkstemp(suffix=".pem")  # 0600; a context reads files, and nothing else
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem + signed)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()

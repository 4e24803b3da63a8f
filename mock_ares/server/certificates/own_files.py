"""A certificate and a key of one's own: what is wrong with them is found at the start, not by every client."""

from __future__ import annotations

import errno
import ssl
from pathlib import Path

from mock_ares.authoring.text_files import MOST_CERTIFICATES, read_whole
from mock_ares.server.certificates.identity import Certificate, CertificateError, TlsIdentity, new_context

_EXPIRED, _NOT_YET = 10, 9  # X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID


def of_files(files: Certificate) -> TlsIdentity:
    """Raises CertificateError."""
    cert, key = Path(files.cert), Path(files.key)
    ca = None if files.ca is None else Path(files.ca).absolute()
    for path in (cert, key) if ca is None else (cert, key, ca):
        _look_into(path)
    context = new_context()

    def ask() -> str:
        raise CertificateError(f"the key in {key} is encrypted; give one that is not: openssl pkey -in {key} -out FILE")

    try:
        context.load_cert_chain(cert, key, password=ask)
    except ssl.SSLError as error:
        raise CertificateError(_unusable(cert, key, error)) from None
    for path in (cert,) if ca is None else (cert, ca):
        _as_authority(path)
    if (reason := _out_of_date(context, cert)) is not None:
        raise CertificateError(f"the certificate in {cert} {reason}")
    return TlsIdentity(context, ca)


def _look_into(path: Path) -> None:
    try:
        read_whole(path, MOST_CERTIFICATES)
    except OSError as error:
        missing = error.errno == errno.ENOENT
        raise CertificateError(f"{path}: {'there is no such file' if missing else error.strerror}") from None


def _unusable(cert: Path, key: Path, error: ssl.SSLError) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"{key} is not the key of the certificate in {cert}"
    if b"PRIVATE KEY-----" not in key.read_bytes():
        return f"there is no private key in PEM (-----BEGIN PRIVATE KEY-----) in {key}"
    if b"CERTIFICATE-----" not in cert.read_bytes():
        return f"there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in {cert}"
    reason = (error.reason or str(error)).replace("_", " ").lower()
    return f"{cert} and {key} cannot be used together: {reason}"


def _as_authority(path: Path) -> ssl.SSLContext:
    """A client's context that trusts what is in a file, be it no authority's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        raise CertificateError(f"there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in {path}") from None
    return context


def _out_of_date(context: ssl.SSLContext, cert: Path) -> str | None:
    """Whether a client would find that its time is over, or has not come; by a handshake in memory."""
    asked, answered = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(asked, answered, server_side=True)
    client = _as_authority(cert).wrap_bio(answered, asked)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as error:
                return {_EXPIRED: "has expired; make a new one", _NOT_YET: "is not valid yet"}.get(error.verify_code)
    return None

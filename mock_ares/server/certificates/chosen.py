"""Settings to what a listener needs for TLS."""

from __future__ import annotations

from collections.abc import Iterable

from mock_ares.server.certificates.identity import Certificate, TlsIdentity, new_context


def identity(tls: bool | Certificate, names: Iterable[str]) -> TlsIdentity | None:
    """What ``Settings.tls`` comes to, for a host of these names and addresses; None: clear text.

    Raises CertificateError.
    """
    if not tls:
        return None
    if isinstance(tls, Certificate):
        from mock_ares.server.certificates.own_files import of_files

        return of_files(tls)
    from mock_ares.server.certificates.authority import Authority

    found = Authority.kept()
    context = new_context()
    found.certify(context, names)
    return TlsIdentity(context, found.ca, found.trust_store)

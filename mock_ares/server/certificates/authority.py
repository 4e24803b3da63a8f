"""An authority of one's own: made once for each user, kept in the folder of their data, and trusted by whom they tell.

Whoever has its key can be any server for those who trust it. So the key is its user's alone to read, and never leaves
the folder; what listeners get of it is certificates for this machine, which are not written down.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import ssl
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mock_ares.server.certificates.identity import CertificateError

if TYPE_CHECKING:
    import datetime

    from trustme import CA, LeafCert

OWN_NAMES = ("localhost", "127.0.0.1", "::1")
CA_FILE, KEY_FILE, STORE_FILE = "ca.pem", "key.pem", "truststore.p12"
STORE_PASSWORD = "changeit"
"""Java's own; what is in there is no secret."""
_WAY_OUT = "or give a certificate of your own (--cert and --key)"


def data_folder() -> Path:
    """Where programs keep what is a user's, by the system's custom."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/mock-ares"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "mock-ares"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "mock-ares"


@dataclass(frozen=True, slots=True)
class Authority:
    """A folder with the authority's certificate, its key, and a trust store for Java."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / CA_FILE

    @property
    def key(self) -> Path:
        return self.folder / KEY_FILE

    @property
    def trust_store(self) -> Path | None:
        """None: what it is made with was too old to make one."""
        store = self.folder / STORE_FILE
        return store if store.is_file() else None

    @classmethod
    def kept(cls, data: Path | None = None) -> Authority:
        """The user's, which is made if there is none yet. Raises CertificateError."""
        found = cls((data or data_folder()).absolute() / "authority")
        try:
            if not found.ca.is_file():
                found._make()
        except OSError as error:
            raise CertificateError(
                f"the authority for TLS cannot be kept in {found.folder}: {error.strerror or error}. Make the folder "
                f"writable, set XDG_DATA_HOME to another, {_WAY_OUT}"
            ) from None
        return found

    def certify(self, context: ssl.SSLContext, names: Iterable[str]) -> None:
        """Gives a server's context a certificate for this machine, and these names and addresses.

        Raises CertificateError.
        """
        self.issue(dict.fromkeys((*OWN_NAMES, *names))).configure_cert(context)

    def issue(
        self,
        names: Iterable[str],
        not_before: datetime.datetime | None = None,
        not_after: datetime.datetime | None = None,
    ) -> LeafCert:
        """A certificate for these names and no others, by default good whenever. Raises CertificateError."""
        try:
            made: CA = trustme().CA.from_pem(self.ca.read_bytes(), self.key.read_bytes())
            return made.issue_cert(*names, common_name="mock-ares", not_before=not_before, not_after=not_after)
        except OSError as error:
            what = "is the user's who made it" if error.errno == errno.EACCES else error.strerror or str(error)
            raise CertificateError(
                f"the authority for TLS cannot be read: {error.filename} {what}; set XDG_DATA_HOME to another folder, "
                f"{_WAY_OUT}"
            ) from None
        except ValueError as error:
            raise CertificateError(
                f"the authority for TLS in {self.folder} is damaged ({error}). Remove the folder: another is "
                "made, which clients have to be told of again"
            ) from None

    def _make(self) -> None:
        """All of it, or nothing: the folder appears with its files in it. Who comes second takes the first one's."""
        library = trustme()
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="authority-", dir=self.folder.parent))  # 0700
        try:
            made = library.CA(
                organization_name="mock-ares", organization_unit_name="an authority for this user's tests"
            )
            made.cert_pem.write_to_path(unfinished / CA_FILE)
            _write_secret(unfinished / KEY_FILE, made.private_key_pem.bytes())
            _write_trust_store(unfinished / STORE_FILE, made)
            unfinished.chmod(0o755)
            with contextlib.suppress(OSError):  # there is one by now; what else keeps it from being is found below
                unfinished.rename(self.folder)
            if not self.ca.is_file():
                unfinished.rename(self.folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _write_secret(path: Path, data: bytes) -> None:
    """For its owner's eyes, from its first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _write_trust_store(path: Path, made: CA) -> None:
    """Java reads no PEM. What it takes for trusted has a mark, which ``cryptography`` can make since version 45."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    if (serialize := getattr(pkcs12, "serialize_java_truststore", None)) is None:
        return
    found = x509.load_pem_x509_certificate(made.cert_pem.bytes())
    entries = [pkcs12.PKCS12Certificate(found, b"mock-ares")]
    path.write_bytes(serialize(entries, BestAvailableEncryption(STORE_PASSWORD.encode())))


def trustme() -> Any:
    """The library. Raises CertificateError where it is not installed."""
    try:
        import trustme as library
    except ImportError:
        raise CertificateError(f"an authority is made with trustme: pip install 'mock-ares[tls]', {_WAY_OUT}") from None
    return library

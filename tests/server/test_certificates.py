"""Who the fake is over TLS: an authority that is made once, files of one's own, and what is told where one is wrong."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme

from mock_ares.client import stream_chat
from mock_ares.server.certificates.authority import Authority, data_folder
from mock_ares.server.certificates.identity import Certificate, CertificateError
from mock_ares.server.certificates.own_files import of_files
from mock_ares.server.certificates.trust import lines, variables
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.hosting.loop import tls_of
from mock_ares.server.state import Settings


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data, of this test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data" / "mock-ares"


class TestAuthority:
    def test_it_is_made_once_and_its_key_is_its_users(self, data: Path) -> None:
        assert data_folder() == data
        first = Authority.kept()
        made = first.ca.read_bytes(), first.key.read_bytes()
        second = Authority.kept()
        assert (second.ca.read_bytes(), second.key.read_bytes()) == made
        assert stat.S_IMODE(first.key.stat().st_mode) == 0o600
        assert first.trust_store is not None
        assert sorted(path.name for path in data.iterdir()) == ["authority"]

    def test_copies_that_begin_at_once_have_one(self, data: Path) -> None:
        code = (
            "from mock_ares.server.certificates.authority import Authority\n"
            "found = Authority.kept()\nprint(hash((found.ca.read_bytes(), found.key.read_bytes())))"
        )
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        copies = [
            subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) for _ in range(6)
        ]
        assert len({copy.communicate(timeout=60)[0] for copy in copies}) == 1
        assert {copy.returncode for copy in copies} == {0}
        assert sorted(path.name for path in data.iterdir()) == ["authority"]

    def test_a_folder_that_cannot_be_written_is_told(self, data: Path) -> None:
        data.parent.mkdir()
        data.write_text("a file where the folder should be")
        with pytest.raises(CertificateError, match=r"cannot be kept in .*authority: .*set XDG_DATA_HOME to another"):
            tls_of(True, "127.0.0.1")

    def test_a_damaged_one_is_told(self) -> None:
        Authority.kept().ca.write_text("no certificate")
        with pytest.raises(CertificateError, match=r"is damaged .*Remove the folder"):
            tls_of(True, "127.0.0.1")

    def test_a_key_that_is_gone_is_told(self) -> None:
        Authority.kept().key.unlink()
        with pytest.raises(CertificateError, match=r"cannot be read: .*key\.pem"):
            tls_of(True, "127.0.0.1")

    def test_without_trustme_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "trustme", None)
        with pytest.raises(
            CertificateError, match=r"pip install 'mock-ares\[tls\]', or give a certificate of your own"
        ):
            FakeServer(Settings(tls=True))

    @pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0"])
    def test_it_is_for_this_machine(self, host: str) -> None:
        with FakeServer(Settings(tls=True), host=host) as fake:
            port = fake.url.rpartition(":")[2]
            context = ssl.create_default_context(cafile=str(fake.ca))
            names = ["localhost", "127.0.0.1"] if host != "::1" else ["::1"]
            reached = "127.0.0.1" if host == "0.0.0.0" else host
            for name in names:
                with (
                    socket.create_connection((reached, int(port)), 20) as client,
                    context.wrap_socket(client, server_hostname=name) as shaken,
                ):
                    found: Any = shaken.getpeercert()
                    assert {"localhost", "127.0.0.1"} <= {value for _, value in found["subjectAltName"]}


class TestOwnFiles:
    def test_they_are_served(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = _files(tmp_path)
        with FakeServer(Settings(tls=files)) as fake:
            assert (fake.ca, fake.trust["ARES_CA"]) == (files.ca, str(files.ca))
            monkeypatch.setenv("SSL_CERT_FILE", str(fake.ca))
            assert "".join(stream_chat(f"{fake.url}/api/chat/stream", fake.credentials().token, "hi"))

    def test_who_knows_the_authority_is_told_nothing(self, tmp_path: Path) -> None:
        files = _files(tmp_path)
        with FakeServer(Settings(tls=Certificate(files.cert, files.key))) as fake:
            assert (fake.ca, fake.trust) == (None, {})

    def test_what_is_wrong_is_told(self, tmp_path: Path) -> None:
        good, other = _files(tmp_path), _files(tmp_path, "other")
        junk = tmp_path / "junk.pem"
        junk.write_text("junk")
        missing = tmp_path / "missing.pem"
        for files, said in (
            (Certificate(missing, good.key), f"{missing}: there is no such file"),
            (Certificate(good.cert, tmp_path), f"{tmp_path}: it is a folder"),
            (Certificate(good.cert, other.key), f"{other.key} is not the key of the certificate in {good.cert}"),
            (Certificate(good.cert, junk), f"there is no private key in PEM (-----BEGIN PRIVATE KEY-----) in {junk}"),
            (Certificate(junk, good.key), f"there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in {junk}"),
            (
                Certificate(good.cert, good.key, junk),
                f"there is no certificate in PEM (-----BEGIN CERTIFICATE-----) in {junk}",
            ),
        ):
            with pytest.raises(CertificateError) as found:
                of_files(files)
            assert str(found.value) == said

    def test_one_that_has_expired_is_told(self, tmp_path: Path) -> None:
        files = _files(tmp_path, not_after=datetime(2020, 1, 1, tzinfo=UTC))
        with pytest.raises(CertificateError, match=r"the certificate in .* has expired; make a new one"):
            of_files(files)

    def test_one_that_is_not_valid_yet_is_told(self, tmp_path: Path) -> None:
        files = _files(tmp_path, not_before=datetime(2037, 1, 1, tzinfo=UTC))
        with pytest.raises(CertificateError, match=r"the certificate in .* is not valid yet"):
            of_files(files)

    def test_an_encrypted_key_is_told(self, tmp_path: Path) -> None:
        from cryptography.hazmat.primitives import serialization

        files = _files(tmp_path)
        key = serialization.load_pem_private_key(Path(files.key).read_bytes(), None)
        secret = serialization.BestAvailableEncryption(b"secret")
        form = serialization.PrivateFormat.PKCS8
        Path(files.key).write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))
        with pytest.raises(CertificateError, match=r"the key in .* is encrypted"):
            of_files(files)


class TestTrust:
    def test_each_kind_of_client_has_a_line(self) -> None:
        found = tls_of(True, "127.0.0.1")
        assert found is not None
        told = dict(lines(found.identity))
        assert list(told) == ["curl", "Python", "Node", "Go", "Java", "browsers"]
        assert all(str(found.identity.ca) in line or who == "Java" for who, line in told.items())

    def test_javas_own_options_are_kept(self) -> None:
        found = variables(Path("ca.pem"), Path("a b.p12"), {"JDK_JAVA_OPTIONS": "-Xmx1g"})
        assert found["JDK_JAVA_OPTIONS"].startswith('-Xmx1g -Djavax.net.ssl.trustStore="a b.p12" ')
        assert found["ARES_CA"] == found["SSL_CERT_FILE"] == found["NODE_EXTRA_CA_CERTS"] == "ca.pem"


def _files(folder: Path, name: str = "own", **when: Any) -> Certificate:
    authority = trustme.CA()
    made = authority.issue_cert("localhost", "127.0.0.1", **when)
    cert, key, ca = (folder / f"{name}-{what}.pem" for what in ("cert", "key", "ca"))
    made.cert_chain_pems[0].write_to_path(cert)
    made.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    return Certificate(cert, key, ca)

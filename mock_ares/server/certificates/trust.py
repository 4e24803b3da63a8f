"""How clients come to trust an authority: the variables that their libraries read, and lines for people."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from mock_ares.server.certificates.authority import STORE_PASSWORD
from mock_ares.server.certificates.identity import TlsIdentity

_READ = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "DENO_CERT")
"""By OpenSSL and what asks it (Python, httpx, aiohttp, Ruby), Go and curl; requests; curl; Node and Bun; Deno."""
JAVA = "JDK_JAVA_OPTIONS"


def variables(ca: Path, trust_store: Path | None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a client's environment is given beside ``environ``, so that it trusts this authority whatever it is made of.

    ``ARES_CA`` is for whoever wants to be told.
    """
    found = {"ARES_CA": str(ca), **dict.fromkeys(_READ, str(ca))}
    if trust_store is not None:
        found[JAVA] = " ".join(filter(None, (environ.get(JAVA), *_java(trust_store))))
    return found


def lines(identity: TlsIdentity) -> Iterator[tuple[str, str]]:
    """Whom, and how: what is told of an authority that nobody knows."""
    if identity.ca is None:
        return
    ca = shlex.quote(str(identity.ca))
    yield "curl", f"curl --cacert {ca}"
    yield "Python", f"export SSL_CERT_FILE={ca} REQUESTS_CA_BUNDLE={ca}  # httpx, aiohttp; requests"
    yield "Node", f"export NODE_EXTRA_CA_CERTS={ca}"
    yield "Go", f"export SSL_CERT_FILE={ca}"
    if identity.trust_store is not None:
        yield "Java", f"export {JAVA}={shlex.quote(' '.join(_java(identity.trust_store)))}"
    else:
        yield "Java", f"keytool -importcert -noprompt -storepass {STORE_PASSWORD} -cacerts -alias mock-ares -file {ca}"
    yield "browsers", f"import {ca} as an authority, in their settings for certificates"


def _java(trust_store: Path) -> tuple[str, ...]:
    path = f'"{trust_store}"' if " " in str(trust_store) else str(trust_store)
    return (
        f"-Djavax.net.ssl.trustStore={path}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        f"-Djavax.net.ssl.trustStorePassword={STORE_PASSWORD}",
    )

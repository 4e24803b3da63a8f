"""Mutants that are right in clear text, and wrong only over TLS; and the checks that must fail each."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from mock_ares import client
from mock_ares.client import AresError
from tests.mutants.base import Right
from tests.mutants.table import Mutant, mutant

EXPIRED, NOT_YET, SELF_SIGNED = 10, 9, 18  # X509_V_ERR_CERT_HAS_EXPIRED, _NOT_YET_VALID, _DEPTH_ZERO_SELF_SIGNED_CERT


class OverTls(Right):
    """What they are made of: each shakes hands in its own way."""

    def connect(self, url: str) -> HTTPConnection:
        parts = urlsplit(url)
        if parts.scheme != "https":
            return super().connect(url)
        connection = Shaking(parts.netloc, timeout=self.timeout)
        connection.shake = self.shake
        connection.response_class = self.response_class
        return connection

    def shake(self, connection: Shaking, host: str) -> Any:
        return self.wrapped(connection, host, self.context())

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def wrapped(self, connection: Shaking, host: str, context: ssl.SSLContext) -> Any:
        return context.wrap_socket(connection.sock, server_hostname=host, suppress_ragged_eofs=False)

    def unverified(self, connection: Shaking, host: str) -> Any:
        """On a new connection: the one before has been used up."""
        HTTPConnection.connect(connection)
        return self.wrapped(connection, host, of_anybody())


class Shaking(HTTPSConnection):
    shake: Any

    def connect(self) -> None:
        HTTPConnection.connect(self)
        self.sock = self.shake(self, self.host)


def of_anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class VerifiesNothing(OverTls):
    """As ``curl -k``, ``verify=False`` or ``InsecureSkipVerify``: it takes anybody for the server."""

    def context(self) -> ssl.SSLContext:
        return of_anybody()


class ComparesNoHost(OverTls):
    """Takes every certificate that its authorities have signed, for whichever host."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.check_hostname = False
        return context


class Forgiving(OverTls):
    """Asks again without looking where the certificate is wrong in one of these ways."""

    forgiven: tuple[int, ...] = ()

    def shake(self, connection: Shaking, host: str) -> Any:
        try:
            return super().shake(connection, host)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code not in self.forgiven:
                raise
            return self.unverified(connection, host)


class TakesTheSelfSigned(Forgiving):
    """Takes a certificate that signs itself, since the one on the developer's machine does."""

    forgiven = (SELF_SIGNED,)


class MindsNoDates(Forgiving):
    """Takes its own clock for wrong where a date is."""

    forgiven = (EXPIRED, NOT_YET)


class TakesTheExpired(Forgiving):
    """Goes on with a certificate that has expired, so that nothing stops on the day."""

    forgiven = (EXPIRED,)


class FallsBack(OverTls):
    """Where anything is wrong with TLS it tries once more without looking."""

    def shake(self, connection: Shaking, host: str) -> Any:
        try:
            return super().shake(connection, host)
        except ssl.SSLError:
            return self.unverified(connection, host)


class TrustsWhomItMeets(OverTls):
    """Trust on first use, and every use is the first: it trusts the certificate that it is shown."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    def shake(self, connection: Shaking, host: str) -> Any:
        try:
            return super().shake(connection, host)
        except ssl.SSLCertVerificationError:
            context = self.context()
            context.load_verify_locations(cadata=ssl.get_server_certificate((host, connection.port)))
            HTTPConnection.connect(connection)
            return self.wrapped(connection, host, context)


class LooksAfterwards(OverTls):
    """Asks first, and then looks whom it has asked."""

    def context(self) -> ssl.SSLContext:
        return of_anybody()

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        response = super().ask(connection, url, token, message)
        if urlsplit(url).scheme == "https":
            with closing(client.connect(url, 5.0)) as judge:
                judge.connect()
        return response


class RefusedError(AresError):
    """A handshake has come to nothing."""


class RefusalIsEmpty(OverTls):
    """Sends nothing to whom it cannot trust, and gives an empty answer."""

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        try:
            yield from super().stream_chat(url, token, message)
        except RefusedError:
            return

    def shake(self, connection: Shaking, host: str) -> Any:
        try:
            return super().shake(connection, host)
        except ssl.SSLError as error:
            raise RefusedError(str(error)) from error


class SpeaksTheOld(OverTls):
    """Speaks whatever version the server has."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
        context.set_ciphers("ALL:@SECLEVEL=0")
        return context


class ShakesHandsForEver(OverTls):
    """Has a time-out for connecting, and one for reading, and none between."""

    def wrapped(self, connection: Shaking, host: str, context: ssl.SSLContext) -> Any:
        connection.sock.settimeout(None)
        wrapped = super().wrapped(connection, host, context)
        wrapped.settimeout(self.timeout)
        return wrapped


class AnyEndWillDo(OverTls):
    """As the ssl module has it by default, and most libraries: FIN is as good as close_notify."""

    def wrapped(self, connection: Shaking, host: str, context: ssl.SSLContext) -> Any:
        return context.wrap_socket(connection.sock, server_hostname=host)


class ErrorsAreTheEnd(OverTls):
    """Takes what OpenSSL says, if it says one of these words, for the end of the body."""

    words: tuple[str, ...] = ()

    def received(self, response: Any) -> Iterator[bytes]:
        try:
            yield from super().received(response)
        except ssl.SSLError as error:
            if not any(word in str(error.reason) for word in self.words):
                raise


class AlertIsTheEnd(ErrorsAreTheEnd):
    """Takes an alert for close_notify, which is one, too."""

    words = ("ALERT",)


class BrokenRecordIsTheEnd(ErrorsAreTheEnd):
    """Stops reading at a record that it cannot decrypt."""

    words = ("DECRYPTION_FAILED",)


class EndsWhereTlsDoes(ErrorsAreTheEnd):
    """Whatever TLS has against it, the body has ended."""

    words = ("ALERT", "DECRYPTION_FAILED", "EOF")


OVER_TLS: tuple[Mutant, ...] = (
    mutant(VerifiesNothing, "certificate certificate-host", "Whatever the certificate is, it goes on."),
    mutant(ComparesNoHost, "certificate-host", "Only there is the authority known, and the name another's."),
    mutant(TakesTheSelfSigned, "certificate", "One of its examples signs itself; the others are forgiven nothing."),
    mutant(MindsNoDates, "certificate", "Two of its examples are about dates."),
    mutant(TakesTheExpired, "certificate", "One of its examples has expired."),
    mutant(FallsBack, "certificate certificate-host", "Without looking the second attempt goes through."),
    mutant(TrustsWhomItMeets, "certificate", "The name is compared, and so are the dates."),
    mutant(LooksAfterwards, "certificate certificate-host", "It fails in the end; the token has been sent by then."),
    mutant(
        RefusalIsEmpty,
        "certificate certificate-host tls-version",
        "Only there does a handshake fail.",
    ),
    mutant(SpeaksTheOld, "tls-version", "Only there is an old version all that there is."),
    mutant(
        AnyEndWillDo,
        "tls-truncation drop-rst-close",
        "HTTP chunks and a length show a cut without TLS; of a body without either a reset is the end, too.",
    ),
    mutant(AlertIsTheEnd, "tls-truncation tls-broken", "Both have an alert."),
    mutant(BrokenRecordIsTheEnd, "tls-truncation tls-broken", "Both have such a record."),
    mutant(
        EndsWhereTlsDoes,
        "tls-truncation tls-broken drop-fin drop-fin-close drop-length",
        "Over TLS every FIN in the midst of a body lacks close_notify; a length that is too long has it.",
    ),
    mutant(ShakesHandsForEver, "tls-handshake", "Only there does a handshake not end; stall is silent behind it."),
)

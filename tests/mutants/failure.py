"""Mutants that take a failure for an answer."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http.client import BadStatusLine, HTTPConnection, HTTPResponse, RemoteDisconnected
from typing import Any

from mock_ares.client import AresError
from tests.mutants.base import Delta, Right, Typed


class IgnoresStatus(Right):
    """Looks at the content type, and not at the status."""

    def refuse(self, response: HTTPResponse) -> None:
        response.status = 200
        super().refuse(response)


class LooksAtNothing(Right):
    """Takes every response for an event stream."""

    def refuse(self, response: HTTPResponse) -> None:
        return


class ShowsTheError(Right):
    """Shows the body of an error as text before it fails."""

    def pieces(self, response: HTTPResponse) -> Iterator[str]:
        if response.status >= 400:
            yield b"".join(self.body(response)).decode("utf-8", "replace")
        yield from super().pieces(response)


class TakesAnyType(Right):
    """Takes every 200 for an event stream."""

    def refuse(self, response: HTTPResponse) -> None:
        if response.status != 200:
            super().refuse(response)


class EofIsSuccess(Right):
    """Takes the end of the connection for the end of a chunked body."""

    def http_chunks(self, stream: Any) -> Iterator[bytes]:
        return until(AresError, "the connection was closed too soon", super().http_chunks(stream))


class ResetIsSuccess(Right):
    """Takes a reset for the end of the body."""

    def received(self, response: Any) -> Iterator[bytes]:
        return until(ConnectionResetError, "", super().received(response))


class CloseIsSuccess(Right):
    """Takes any end for the right one where the head has said that the connection ends."""

    def received(self, response: Any) -> Iterator[bytes]:
        found = super().received(response)
        if response.chunked and response.headers.get("connection") == "close":
            found = until(AresError, "the connection was closed too soon", until(ConnectionResetError, "", found))
        return found


class IgnoresLength(Right):
    """Reads up to the length that was announced, or to the end of the connection, and compares nothing."""

    def received(self, response: Any) -> Iterator[bytes]:
        found = super().received(response)
        return found if response.chunked else until(AresError, "the connection was closed too soon", found)


def until(kind: type[Exception], message: str, received: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from received
    except kind as error:
        if message not in str(error):
            raise


class GzipNeedsNoEnd(Right):
    """Unzips what there is, and does not look whether that is all."""

    def unzipped(self, received: Iterator[bytes], response: HTTPResponse) -> Iterator[bytes]:
        if response.headers.get("content-encoding", "").lower() != "gzip":
            return received
        return map(zlib.decompressobj(wbits=31).decompress, received)


class BrokenSizeIsTheEnd(Right):
    """Takes an HTTP chunk whose size is no number for the last one."""

    def http_chunks(self, stream: Any) -> Iterator[bytes]:
        return until(AresError, "this is no size", super().http_chunks(stream))


class NoReplyIsEmpty(Right):
    """Takes a connection that ends before a byte for an empty answer."""

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        with suppress(Nothing):
            yield from super().stream_chat(url, token, message)

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        try:
            return super().ask(connection, url, token, message)
        except (RemoteDisconnected, ConnectionResetError):
            raise Nothing from None


class GarbageIsEmpty(Right):
    """Takes an answer that is no HTTP for an empty one."""

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        with suppress(Nothing):
            yield from super().stream_chat(url, token, message)

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        try:
            return super().ask(connection, url, token, message)
        except RemoteDisconnected:
            raise
        except BadStatusLine:
            raise Nothing from None


class Nothing(Exception):  # noqa: N818
    """There was no answer, and that is taken for one."""


class NeedsNoEndTyped(Typed):
    """Takes the end of the body for the end of the reply, with or without ``done``."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return endless(super().text(events))


class NeedsNoEndDelta(Delta):
    """The same with or without ``stop``."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return endless(super().text(events))


def endless(pieces: Iterator[str]) -> Iterator[str]:
    try:
        yield from pieces
    except AresError as error:
        if "end record" not in str(error):
            raise


class ErrorEventEnds(Typed):
    """Takes an event that reports an error for the last of the reply."""

    def events(self, lines: Iterable[str]) -> Iterator[str]:
        for event in super().events(lines):
            yield '{"event":"done"}' if event.startswith('{"event":"error"') else event


class IgnoresErrorEvents(Typed):
    """Passes over an event that reports an error, as over all that it does not know, and needs no ``done``."""

    def events(self, lines: Iterable[str]) -> Iterator[str]:
        return (event for event in super().events(lines) if not event.startswith('{"event":"error"'))

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return endless(super().text(events))


class WaitsForEver(Right):
    """Has a time-out, and does not use it."""

    timeout = None


class SilenceIsTheEnd(Right):
    """Takes a silence that lasts too long for the end of the reply."""

    def received(self, response: Any) -> Iterator[bytes]:
        return until(TimeoutError, "", super().received(response))


class WaitsShortlyForTheHead(Right):
    """Has four seconds for the head, and all its patience for what comes behind it."""

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        connection.timeout = 4.0
        response = super().ask(connection, url, token, message)
        if connection.sock is not None:  # of a response that ends with the connection it has been let go
            connection.sock.settimeout(self.timeout)
        return response


class WaitsForTheHeadForEver(Right):
    """Has a time-out for each read of the body, and none for the head."""

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        connection.timeout = None
        response = super().ask(connection, url, token, message)
        if connection.sock is not None:  # of a response that ends with the connection it has been let go
            connection.sock.settimeout(self.timeout)
        return response


class CountsEventsOnly(Right):
    """Takes five seconds without an event for the end of the connection, whatever comments come."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        said = time.monotonic()
        for line in super().lines(texts):
            if line.startswith("data"):
                said = time.monotonic()
            elif time.monotonic() - said > 5.0:
                raise AresError("no event for five seconds")
            yield line


class LosesPatience(Right):
    """Gives up after 20 seconds, however much comes."""

    def received(self, response: Any) -> Iterator[bytes]:
        begun = time.monotonic()
        for read in super().received(response):
            if time.monotonic() - begun > 20:
                raise AresError("it takes too long")
            yield read


class BearsNoSilence(Right):
    """Gives up after five seconds without a byte, as a library does by itself."""

    timeout = 5.0

"""An ASGI application before a real server: bytes go through as they come, and each exchange is written down.

A read of the server's is written to the client in the same step of the event loop, and looked at afterwards. What an
exchange comes to is found in another process, so that other streams are not late meanwhile.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mock_ares.ares.bodies import BODY_LIMIT
from mock_ares.monotonic import monotonic
from mock_ares.plan.model import Headers
from mock_ares.recorder.exchange.payload import AnsweredByFakeError, UnrecordableError
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.recorder.exchange.scenarios import Recorded, asked_of, name_of, recorded, when_of
from mock_ares.recorder.exchange.secrets import Secrets
from mock_ares.recorder.folder import RecordingFolder
from mock_ares.recorder.upstream import Upstream, UpstreamConnection, UpstreamError, speaks_http2
from mock_ares.server.record.journal import Exchange, Journal, kept_body, kept_text
from mock_ares.server.replies.cors import Cors
from mock_ares.server.replies.executor import Executor
from mock_ares.server.replies.responses import dump
from mock_ares.server.transport.header_fields import Fields
from mock_ares.server.transport.wire import EXTENSION, Wire

STILL = 1.0
"""Seconds of silence, but for comments, after which a client that leaves has given up, and not lost interest."""
GRACE = 2.0
"""Seconds for which the server may go on when the client has what it wants, to see its end."""
_COMMENT = re.compile(rb"(?:[0-9A-Fa-f]*\r\n)?:[^\r\n]*\s*")
"""A read that brings nothing but a comment, in an HTTP chunk or not."""
NOTICED = 0.02
"""Seconds in which the event loop has seen what has come, such as a client's end."""
LITTLE, LITTLE_KNOWN = 16 * 1024, 20
"""Bytes of a body, and secrets, with which a thread is soon done."""
Over = Literal["complete", "close", "reset", "hang", "left", "http2"]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What an exchange may take, to be recorded; the server may know none. Seconds, bytes."""

    silence: float = 120.0
    longest: float = 1800.0
    size: int = 16_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of an exchange."""

    exchange: Exchange
    file: Path | None = None
    reason: str = ""
    """Why it was not kept."""
    missing: bool = False
    """It would be wanted when the recordings are played."""
    taken_out: Counter[str] = field(default_factory=Counter)


class RecordingProxy:
    """``told`` is called with each outcome; ``await settled()`` waits for those under way. For one event loop."""

    http = "1.1"
    """What is handed on is bytes of HTTP/1.1: a client with prior knowledge of HTTP/2 is told so."""

    def __init__(
        self,
        upstream: Upstream,
        folder: RecordingFolder,
        told: Callable[[Outcome], object],
        limits: Limits = Limits(),
        secrets: Secrets | None = None,
    ) -> None:
        self.upstream, self.folder, self.told, self.limits = upstream, folder, told, limits
        self.secrets = secrets or Secrets()
        self.journal = Journal()
        self._cors = Cors()
        self._executor: Executor | None = None
        self._turn = asyncio.Lock()
        self._relays = dict[_Relay, asyncio.Task[Any]]()
        self._under_way = set[asyncio.Task[None]]()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: object) -> None:
        wire: Wire = scope["extensions"][EXTENSION]
        if wire.refusal is not None:
            wire.write(wire.refusal.plainly)
            await wire.flush()
            wire.close()
            return
        fields = Fields.of(scope["headers"])
        origin = fields.get("origin")
        if scope["method"] == "OPTIONS" and "access-control-request-method" in fields:
            asked = fields.get("access-control-request-headers", "")
            self._answer(wire, 204, b"", self._cors.preflight(origin, asked))
            return
        relay = _Relay(
            self, wire, ResponseReader(scope["method"], self.limits.size), self._opened(scope, fields), origin
        )
        task = asyncio.current_task()
        assert task is not None
        self._relays[relay] = task
        try:
            await relay.run(scope, receive)
            written = asyncio.get_running_loop().create_task(self._written(relay, fields))
            self._under_way.add(written)
            written.add_done_callback(self._under_way.discard)
        except UpstreamError as error:
            await self._failed(relay, receive, str(error))
        except asyncio.CancelledError:
            self.told(Outcome(relay.exchange, reason="the recorder was ended before it was over", missing=True))
            raise
        finally:
            relay.connection_closed()
            del self._relays[relay]

    def _opened(self, scope: Mapping[str, Any], fields: Fields) -> Exchange:
        query = scope["query_string"].decode("latin-1")
        exchange = self.journal.open(scope["method"], scope["path"], fields.lines, monotonic(), query)
        self.secrets.learn_request(fields.lines, query, b"")
        exchange.path = self.secrets.masked(exchange.path)
        exchange.credentials = credentials_of(fields.first("authorization"))
        return exchange

    async def _failed(self, relay: _Relay, receive: Receive, reason: str) -> None:
        relay.exchange.ending, relay.exchange.reason = "ended", reason
        wire = relay.wire
        if not wire.begun:
            body = dump({"error": f"mock-ares record: {reason}"})
            self._answer(wire, 502, body, self._cors.headers_for(relay.origin) if relay.origin else (), wait=True)
            relay.exchange.status = 502
            await wire.flush()
            if not wire.has_body:
                wire.unread = receive
                await wire.finish_body()
        wire.close()
        self.told(Outcome(relay.exchange, reason=reason, missing=True))

    def _answer(self, wire: Wire, status: int, body: bytes, fields: Headers, *, wait: bool = False) -> None:
        phrase = {204: "No Content", 502: "Bad Gateway"}[status]
        length = (("content-type", "application/json"), ("content-length", str(len(body)))) if body else ()
        lines = (
            f"{name}: {value}\r\n" for name, value in (*length, *fields, *((("connection", "close"),) if wait else ()))
        )
        wire.write(f"HTTP/1.1 {status} {phrase}\r\n{''.join(lines)}\r\n".encode("latin-1") + body)
        if not wait:
            wire.finish()

    def head_fields(self, reader: ResponseReader, origin: str | None) -> bytes:
        """What a page needs beside the server's own fields to read the answer."""
        if origin is None or reader.named("access-control-allow-origin") is not None:
            return b""
        return "".join(f"{name}: {value}\r\n" for name, value in self._cors.headers_for(origin)).encode("latin-1")

    async def _written(self, relay: _Relay, fields: Fields) -> None:
        try:
            kept, path = await self._kept(relay, fields)
        except UnrecordableError as error:
            missing = not isinstance(error, AnsweredByFakeError)
            self.told(Outcome(relay.exchange, reason=self.secrets.masked(str(error)), missing=missing))
        except Exception as error:  # a mistake of ours: what is missing is said all the same
            self.told(Outcome(relay.exchange, reason=f"the recorder has a bug: {type(error).__name__}", missing=True))
            raise
        else:
            self.told(Outcome(relay.exchange, path, taken_out=kept.taken_out))

    async def _kept(self, relay: _Relay, fields: Fields) -> tuple[Recorded, Path]:
        exchange, reader, body = relay.exchange, relay.reader, bytes(relay.body)
        self.secrets.learn_request((), "", body)
        self.secrets.learn_request((field for field in reader.fields if field[0].lower() == "set-cookie"), "", b"")
        if len(reader.body) < BODY_LIMIT and not reader.chunk_ends:
            self.secrets.learn_body(bytes(reader.body))
        asked = asked_of(
            exchange.method, relay.path, fields.first("content-type"), body, credentials="authorization" in fields
        )
        exchange.message, exchange.agent_type = (asked.message and kept_text(asked.message)), asked.agent_type
        if relay.over in ("left", "http2"):
            raise UnrecordableError("the client left before the end")
        if self.secrets.full:
            raise UnrecordableError("more secrets have gone through than can be looked for: begin a new recording")
        ending: Any = relay.over
        async with self._turn:
            self.secrets.found.clear()
            when, found = when_of(asked, self.secrets), Counter(self.secrets.found)
            before = self.folder.kept(name_of(when))
            args = (before, exchange.number, when, asked, reader, ending, relay.ended_at, self.secrets)
            if len(reader.wire) <= LITTLE and len(self.secrets.known) <= LITTLE_KNOWN:
                kept = await asyncio.to_thread(recorded, *args)
            else:
                self._executor = self._executor or Executor()
                kept = await self._executor.run(recorded, *args)
            kept.taken_out.update(found)
            return kept, await asyncio.to_thread(self.folder.save, kept)

    async def settled(self) -> None:
        """Waits until everything that has ended is written down; what goes on is not waited for."""
        await asyncio.sleep(NOTICED)
        while tasks := [*self._under_way, *(task for relay, task in self._relays.items() if relay.is_over)]:
            await asyncio.wait(tasks)

    def close(self) -> None:
        if self._executor is not None:
            self._executor.close()


def credentials_of(authorization: str | None) -> str:
    """What a request brings, as the journal has it; whether it is good, the server's status says."""
    if not authorization:
        return "none"
    return "jwt" if authorization.count(".") == 2 else "api-key"


class _Relay:
    """One exchange: what the server says is handed on in the step in which it comes."""

    def __init__(
        self, proxy: RecordingProxy, wire: Wire, reader: ResponseReader, exchange: Exchange, origin: str | None
    ) -> None:
        self.proxy, self.wire, self.reader, self.exchange, self.origin = proxy, wire, reader, exchange, origin
        self.path = ""
        self.body = bytearray()
        """Of the request, as much as a chat's may have."""
        self.over: Over = "complete"
        self.ended_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._begun = self._last = self._said = monotonic()
        self._asked: float | None = None
        """When the request was complete."""
        self._done: asyncio.Future[Over] = self._loop.create_future()
        self._connection: UpstreamConnection | None = None
        self._resuming: asyncio.Task[None] | None = None

    async def run(self, scope: Mapping[str, Any], receive: Receive) -> None:
        """Returns when the exchange is over for the client. Raises UpstreamError."""
        upstream, self.path = self.proxy.upstream, scope["path"]
        self._connection = await upstream.connect(self._data, self._ended)
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        head = upstream.head(scope["method"], target, scope["http_version"], scope["headers"])
        chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
        upload = self._loop.create_task(self._upload(self._connection, receive, head, chunked))
        try:
            self.over = await self._until_over()
            await self._end(receive, complete=upload.done())
        finally:
            upload.cancel()

    @property
    def is_over(self) -> bool:
        """Whether the server has said all, or the client has left."""
        return self._done.done() or self.wire.gone

    async def _upload(self, connection: UpstreamConnection, receive: Receive, head: bytes, chunked: bool) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            part, more = message.get("body", b""), message.get("more_body", False)
            if len(self.body) <= BODY_LIMIT:
                self.body += part
            framed = (b"%x\r\n%b\r\n" % (len(part), part) if part else b"") + (b"" if more else b"0\r\n\r\n")
            await connection.write(head + (framed if chunked else part))
            head, self._last = b"", monotonic()
        self._asked = monotonic()
        self.exchange.body, self.exchange.body_size = kept_body(bytes(self.body)), len(self.body)

    def _data(self, data: bytes) -> None:
        now = self._last = monotonic()
        if not _COMMENT.fullmatch(data):
            self._said = now
        heads, rest = self.reader.feed(data, 0.0 if self._asked is None else now - self._asked)
        if heads and self.reader.status:
            fields = self.proxy.head_fields(self.reader, self.origin)
            heads = heads[:-2] + fields + heads[-2:] if fields else heads
            self.exchange.status = self.reader.status
            if self.reader.status == 401:
                self.exchange.credentials = "refused"
        if self.reader.is_none and speaks_http2(rest):
            self._over("http2")
        elif heads or rest:
            self._push(heads + rest)
        if self.reader.complete and self.reader.delimited:
            self._over("complete")

    def _push(self, data: bytes) -> None:
        self.wire.begin()
        self.exchange.sent.bytes += len(data)
        if self.wire.push(data) is False and self._resuming is None and self._connection is not None:
            self._connection.transport.pause_reading()
            self._resuming = self._loop.create_task(self._resume(self._connection))

    async def _resume(self, connection: UpstreamConnection) -> None:
        await self.wire.drain()
        self._resuming = None
        if not connection.transport.is_closing():
            connection.transport.resume_reading()

    def _ended(self, how: Literal["close", "reset"]) -> None:
        if how == "close" and (held := self.reader.end()):
            self._push(held)
        self._over("complete" if self.reader.complete else how)

    def _over(self, how: Over) -> None:
        if not self._done.done():
            self._done.set_result(how)

    async def _until_over(self) -> Any:
        gone: asyncio.Future[Any] = self._loop.create_task(self.wire.wait_gone())
        limits = self.proxy.limits
        done: asyncio.Future[Any] = self._done
        try:
            while not done.done():
                deadline = min(self._last + limits.silence, self._begun + limits.longest)
                if (left := deadline - monotonic()) <= 0:
                    return "hang"
                await asyncio.wait([done, gone], timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if gone.done() and not done.done():
                    given_up = monotonic() - self._said >= STILL
                    await asyncio.wait({done}, timeout=GRACE)
                    return done.result() if done.done() else "hang" if given_up else "left"
            return done.result()
        finally:
            gone.cancel()

    async def _end(self, receive: Receive, *, complete: bool) -> None:
        """The same end for the client."""
        now = monotonic()
        self.ended_at = max(0.0, now - (self._asked or now))
        wire, over = self.wire, self.over
        if over == "http2":
            raise UpstreamError(f"{self.proxy.upstream.authority} speaks HTTP/2 only, which cannot be recorded")
        closes = "close" in (self.reader.named("connection") or "").lower() or not self.reader.delimited
        if over == "complete" and complete and not closes and not self.reader.extra:
            wire.finish()
        elif over in ("reset", "hang"):
            await wire.read_before_fault(STILL)
            wire.reset()
        elif not wire.gone:
            await wire.flush()
            if not complete:
                wire.unread = receive
                await wire.finish_body()
            wire.close()
        self.exchange.ending = "client-left" if over == "left" else over
        self.exchange.duration = self.ended_at

    def connection_closed(self) -> None:
        """Nothing more is wanted of the server."""
        if self._connection is not None:
            self._connection.close()
        if self._resuming is not None:
            self._resuming.cancel()

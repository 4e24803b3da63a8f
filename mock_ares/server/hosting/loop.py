"""Runs the application: in a thread of its own, or in the foreground.

uvicorn's own server looks at its flags every 0.1 s. Here the listening socket exists before the loop does, so a client
may connect at once. Stopped, a thread aborts every connection and cancels its task; in the foreground what runs goes on
to its end, as in ARES, until a second signal.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import functools
import importlib.util
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from uvicorn.server import ServerState

from mock_ares.monotonic import monotonic
from mock_ares.server.hosting.patched_stdlib import hindrance
from mock_ares.server.transport.uvicorn_config import protocol_factory

if TYPE_CHECKING:
    from mock_ares.server.certificates.identity import Certificate, TlsIdentity

BACKLOG = 2048
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
_ELSEWHERE = "192.0.2.1"
"""An address of another network, where nobody is (RFC 5737)."""
_REASONS = {
    errno.EADDRINUSE: "it is taken. Stop the program that listens there, or choose another port (0: any free one)",
    errno.EACCES: "no permission. Ports below 1024 are the system's: choose a higher one",
    errno.EADDRNOTAVAIL: "this machine has no such address. Choose one of its own, such as 127.0.0.1",
}


USUAL_PORT = 3000
NEAR = 100
"""Ports that are tried one after the other."""
LOOK = 0.05
"""Seconds between two looks for streams that would go on for ever."""
AT_LEAST = 5
"""Rounds of the loop at the end of a server, in which a connection comes to light that was accepted last of all."""


class CannotListenError(Exception):
    """The port cannot be listened on; says why in one line."""

    taken = False
    """By another program: another port will do."""

    @classmethod
    def because(cls, host: str, port: int, error: OSError) -> CannotListenError:
        reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
        why = cls(f"cannot listen on {host} port {port}: {reason}")
        why.taken = error.errno == errno.EADDRINUSE
        return why


class Server:
    """An application served from a thread of its own, from ``start()`` (or ``with``) to ``stop()``.

    Port 0 is any free one. ``on_start`` is called in the event loop before the first request. Raises
    ``CannotListenError`` when made, so that a port is certain from then on.
    """

    def __init__(
        self,
        app: Any,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        on_start: Callable[[], object] | None = None,
        http: type[asyncio.Protocol] | None = None,
        tls: Tls | None = None,
    ) -> None:
        if (reason := hindrance()) is not None:
            raise CannotListenError(f"no fake can run here: {reason}")
        self._socket = listen(host, port)
        self.url = url_of(self._socket, tls)
        """Origin, without a path."""
        self._app = app
        self._http, self._tls = http, tls
        self._on_start = on_start
        self._thread = threading.Thread(target=self._run, name=f"mock-ares {self.url}", daemon=True)
        self._ready = threading.Event()
        self._stop: Callable[[], object] = lambda: None
        self._failure: BaseException | None = None

    def start(self) -> Server:
        """Returns when requests are answered. Raises what kept the server from starting."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self, timeout: float = 5.0) -> None:
        """Ends every connection and the thread. Raises ``RuntimeError`` if that takes more than ``timeout`` seconds."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._stop()
            self._thread.join(timeout)
            if self._thread.is_alive():
                raise RuntimeError(f"the server at {self.url} is still busy after {timeout:g} s: its loop is blocked")
        self._socket.close()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(self._serve())
        except BaseException as error:  # handed over to start()
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        self._stop = functools.partial(loop.call_soon_threadsafe, stop.set)
        async with served(self._app, self._socket, self._http, self._tls):
            if self._on_start is not None:
                self._on_start()
            self._ready.set()
            await stop.wait()


@dataclass(frozen=True, slots=True)
class Versions:
    """Makes the connection for what ALPN has chosen; None: the client has not asked for anything that is here."""

    app: Any
    state: ServerState
    http1: Callable[[], asyncio.Protocol]

    @property
    def offered(self) -> list[str]:
        """What ALPN may choose from: the first that a client has."""
        return {"1.1": ["http/1.1"], "2": ["h2"]}.get(getattr(self.app, "http", "both"), ["h2", "http/1.1"])

    def __call__(self, alpn: str | None) -> asyncio.Protocol:
        if alpn != "h2":
            return self.http1()
        from mock_ares.server.transport.http2.connection import Http2Connection

        return Http2Connection(self.app, self.state)


@dataclass(frozen=True, slots=True)
class Tls:
    """What a listener does beneath HTTP."""

    identity: TlsIdentity
    tell: Callable[[str], object] = lambda words: None
    """Is given, in the event loop, why a handshake has come to nothing."""

    def beneath(self, http: Versions, state: ServerState) -> Callable[[], asyncio.Protocol]:
        """Makes connections that shake hands first; ALPN chooses what is spoken then."""
        from mock_ares.server.transport.tls.tls_connection import TlsConnection

        self.identity.context.set_alpn_protocols(http.offered)
        return lambda: TlsConnection(self.identity.context, http, state, self.tell)


class Beneath(Protocol):
    """What stands between a socket and HTTP."""

    def beneath(self, http: Versions, state: ServerState) -> Callable[[], asyncio.Protocol]:
        """Makes a socket's connections; ``http`` makes those that speak HTTP on them."""


def tls_of(settings: bool | Certificate, host: str, tell: Callable[[str], object] = lambda words: None) -> Tls | None:
    """TLS as settings have it, for a host that is listened on; None: clear text. Raises CertificateError."""
    if not settings:
        return None
    from mock_ares.server.certificates.chosen import identity

    found = identity(settings, names_of(host))
    return None if found is None else Tls(found, tell)


def names_of(host: str) -> list[str]:
    """By which clients may call it."""
    if host not in _ANY:
        return [host]
    outside = _outward_address()
    return [socket.gethostname(), *([outside] if outside is not None else [])]


def raise_file_limit() -> None:
    """Lets this process have as many descriptors open as the system allows; each connection is one.

    The usual limit, 1,024, is there for programs that use select(2).
    """
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def serve_forever(
    app: Any,
    listener: socket.socket,
    ready: Callable[[str], None],
    stopping: Callable[[int], object] = lambda count: None,
    tls: Tls | None = None,
) -> None:
    """Serves in the main thread until SIGINT or SIGTERM, then returns. ``ready`` is called with the origin.

    Then nothing new is accepted, and what runs goes on to its end, if it has one; ``stopping`` is called with how many
    there are. A second signal breaks them off.
    """
    with listener, contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_until_signal(app, listener, ready, stopping, tls))


async def _until_signal(
    app: Any,
    listener: socket.socket,
    ready: Callable[[str], None],
    stopping: Callable[[int], object],
    tls: Tls | None,
) -> None:
    loop, stop, again = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # elsewhere Ctrl-C raises KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, lambda: (again if stop.is_set() else stop).set())
    async with served(app, listener, None, tls) as (server, state):
        ready(url_of(listener, tls))
        await stop.wait()
        server.close()
        await _drained(state, again, stopping)


async def _drained(state: ServerState, again: asyncio.Event, stopping: Callable[[int], object]) -> None:
    """Until all that runs has ended, or ``again`` is set. What would go on for ever is broken off."""
    for connection in list(state.connections):
        connection.shutdown()
    given_up = asyncio.ensure_future(again.wait())
    told = False
    while state.tasks and not again.is_set():
        for connection in list(state.connections):
            if not connection.has_end:  # type: ignore[union-attr]
                connection.transport.abort()
        done, running = await asyncio.wait({*state.tasks, given_up}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        if not told and not done:
            told = True
            stopping(len(running) - 1)
    given_up.cancel()


@contextlib.asynccontextmanager
async def served(
    app: Any, listener: socket.socket, http: type[asyncio.Protocol] | None, tls: Beneath | None
) -> AsyncIterator[tuple[asyncio.Server, ServerState]]:
    """Within it the application is served; at its end what runs is broken off."""
    state = ServerState()
    factory = protocol_factory(app, state, http)
    if tls is not None:
        factory = tls.beneath(Versions(app, state, factory), state)
    server = await asyncio.get_running_loop().create_server(factory, sock=listener, backlog=BACKLOG)
    try:
        yield server, state
    finally:
        server.close()
        await _end(state)


async def _end(state: ServerState) -> None:
    """Breaks off what is running, then closes what is idle. A task that outlives this is left to the loop's end."""
    tasks = list(state.tasks)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=0.5)
    for rounds in range(100):
        for connection in list(state.connections):
            connection.transport.abort()
        if not state.connections and rounds >= AT_LEAST:
            break
        await asyncio.sleep(0)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket, IPv4 where the host's name has both. Never shared with another process (no SO_REUSEPORT).

    Raises ``CannotListenError``.
    """
    if not 0 <= port <= 65535:
        raise CannotListenError(f"cannot listen on port {port}: a port is a number from 0 to 65535")
    try:
        *_, (family, address) = sorted(_addresses(host, port), key=lambda found: found[0] == socket.AF_INET)
    except OSError as error:
        raise CannotListenError(f"cannot listen on {host}: {error.strerror or error}") from None
    except UnicodeError:  # of IDNA
        raise CannotListenError(f"cannot listen on {host}: no host has such a name") from None
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise CannotListenError.because(host, port, error) from None
    return listener


def listen_chosen(host: str, port: int | None) -> socket.socket:
    """As ``listen``; where nobody chose a port, on the usual one or the next that no other program has."""
    if port is not None:
        return listen(host, port)
    for near in range(USUAL_PORT, USUAL_PORT + NEAR):
        try:
            return listen(host, near)
        except CannotListenError as error:
            if not error.taken:
                raise
    return listen(host, 0)


def address_in_network(listener: socket.socket, scheme: str = "http") -> str | None:
    """The origin by which other machines reach a socket that listens on all addresses; None: it does not, or there is
    no network."""
    host, port = listener.getsockname()[:2]
    outside = _outward_address() if host in _ANY else None
    return None if outside is None else origin(outside, port, scheme)


def _outward_address() -> str | None:
    """This machine's in its network. Nothing is sent for it: a datagram socket that is connected has been routed."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((_ELSEWHERE, 9))
        return str(probe.getsockname()[0])
    return None


def _addresses(host: str, port: int) -> Iterator[tuple[socket.AddressFamily, Any]]:
    for family, *_, address in socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE):
        yield family, address


def url_of(listener: socket.socket, tls: Tls | None = None) -> str:
    """The origin by which this machine reaches a listening socket."""
    host, port = listener.getsockname()[:2]
    return origin(_ANY.get(host, host), port, "http" if tls is None else "https")


def origin(host: str, port: int, scheme: str = "http") -> str:
    """An IPv6 address stands in brackets (RFC 3986 3.2.2)."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop where it is installed."""
    if sys.platform != "win32" and importlib.util.find_spec("uvloop"):
        import uvloop

        return uvloop.new_event_loop
    return _steady_loop


def _steady_loop() -> asyncio.AbstractEventLoop:
    """One whose time goes on where a test's stands still; uvloop's does by itself."""
    loop = asyncio.new_event_loop()
    loop.time = monotonic  # type: ignore[method-assign]
    return loop

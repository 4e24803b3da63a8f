"""A fake ARES in a thread: what a test, a fixture or a notebook starts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, get_args

from mock_ares.ares.credentials import Credentials
from mock_ares.scenario.diagnostics import nearest
from mock_ares.scenario.model import BadTls, Reply, Scenario
from mock_ares.server.hosting.app import create_app
from mock_ares.server.hosting.failing_ports import BadTlsListener, ResetListener, refused_port
from mock_ares.server.hosting.loop import Server, origin, tls_of
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.library import Turn
from mock_ares.server.state import FakeState, Settings

LIFETIME = 200 * 365 * 86400.0
"""Seconds for which a test's credentials are good."""


class FakeServer:
    """``with FakeServer() as fake``: a server on a free port of 127.0.0.1, until the block ends.

    ``url`` is its origin, https where the settings say so (``ca`` is what to trust then). Tokens come from
    ``credentials()``; each can be given replies of its own with ``script``.
    """

    def __init__(
        self,
        settings: Settings = Settings(),
        scenarios: Iterable[Scenario] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._tls = tls_of(settings.tls, host, lambda words: self.fake.handshakes.append(words))
        self.fake = FakeState.make(settings, scenarios)
        self.fake.ca = None if self._tls is None else self._tls.identity.ca
        self._app = create_app(fake=self.fake)
        self._server = Server(self._app, host, port, on_start=self._started, tls=self._tls)
        self.url = self._server.url
        self._host = host
        self._loop: asyncio.AbstractEventLoop | None = None
        self._refused = refused_port(host)
        self._reset: ResetListener | None = None
        self._bad_tls: dict[BadTls, BadTlsListener] = {}
        self._beside = AsyncExitStack()
        """What is served beside."""

    def start(self) -> FakeServer:
        """Returns when requests are answered."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Ends every connection, and the thread."""
        if self._reset is not None and self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._reset.close(), self._loop).result(5)
            self._reset = None
        if self._bad_tls and self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._beside.aclose(), self._loop).result(5)
            self._bad_tls.clear()
        self._server.stop()
        self._loop = None
        self.fake.close()
        self._refused.close()

    def __enter__(self) -> FakeServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _started(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._failed)

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.fake.failures.note(context["message"], context.get("exception"))
        loop.default_exception_handler(context)

    def credentials(self) -> Credentials:
        """A JWT and an API key that share one script and one journal. A test may travel a lifetime in either."""
        return self.fake.keyring.pair(lifetime=LIFETIME)

    def admit(self, name: str) -> Credentials:
        """Credentials of a tenant, whom ``name`` names in messages: while there are tenants, every request is one's."""
        credentials = self.credentials()
        self.fake.tenants.enter(credentials.id, name)
        return credentials

    def dismiss(self, owner: str) -> None:
        """The end of a tenant: its script, users and conversations are forgotten, its open connections are reset, its
        token is refused.
        """
        self.fake.tenants.leave(owner)
        self.fake.scripts.pop(owner, None)
        self.fake.conditional.pop(owner, None)
        self.fake.forget(owner)
        if self._loop is not None:
            self.end(owner)

    def script(self, owner: str, *replies: Reply, then: str = "repeat", name: str = "script") -> Turn:
        """Gives a token, by its id, replies of its own; they take the place of earlier ones."""
        turn = Turn(Scenario(replies=replies, then=then, name=name))  # type: ignore[arg-type]
        self.fake.scripts[owner] = turn
        return turn

    def script_when(self, owner: str, scenario: Scenario) -> Turn:
        """Gives a token, by its id, the replies of a scenario for the requests that its ``when`` is about; others get
        what they would get without it.
        """
        turn = Turn(scenario)
        self.fake.conditional.setdefault(owner, []).append(turn)
        return turn

    def requests(self, owner: str | None = None) -> list[Exchange]:
        """The exchanges of a token, or all; those that a client has seen the end of have ended.

        Not to be called in the loop that serves.
        """
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self.fake.settled(owner), self._loop).result(10)
        return list(self.fake.journal) if owner is None else self.fake.journal.of(owner)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop that serves; what belongs to it is reached with ``call_soon_threadsafe``."""
        assert self._loop is not None, "start() first"
        return self._loop

    def end(self, owner: str) -> None:
        """Resets every open connection of a token, by its id. From any thread; it happens soon after."""
        self.loop.call_soon_threadsafe(self.fake.end, owner)

    @property
    def refused_url(self) -> str:
        """An origin where every connection is refused."""
        return origin(self._host, self._refused.getsockname()[1], self._scheme)

    @property
    def reset_url(self) -> str:
        """An origin where every connection is accepted and then reset; its listener is opened when first asked for."""
        assert self._loop is not None, "start() first"
        if self._reset is None:
            opening = asyncio.run_coroutine_threadsafe(ResetListener.open(self._host), self._loop)
            self._reset = opening.result(5)
        return origin(self._host, self._reset.port, self._scheme)

    def bad_tls(self, kind: BadTls) -> BadTlsListener:
        """A listener that a client must refuse to go on with, opened when first asked for; its ``url`` is an origin.

        What it came to with each client is among the fake's ``handshakes``. Raises CertificateError where the settings
        have no authority to make it of, ValueError for a kind that there is not.
        """
        assert self._loop is not None, "start() first"
        if kind not in self._bad_tls:
            if kind not in (kinds := get_args(BadTls)):
                raise ValueError(f"there is no bad TLS of the kind {kind!r}{nearest(kind, kinds)}")
            opened = BadTlsListener(kind, self.fake.settings.tls, self._host, tell=self.fake.handshakes.append)
            serving = self._beside.enter_async_context(opened.serve(self._app))
            self._bad_tls[kind] = asyncio.run_coroutine_threadsafe(serving, self._loop).result(5)
        return self._bad_tls[kind]

    @property
    def ca(self) -> Path | None:
        """The authority that clients are to trust; None: there is no TLS, or they are expected to know it."""
        return self.fake.ca

    @property
    def trust(self) -> dict[str, str]:
        """Variables for clients' environments, by which their libraries trust it, ``ARES_CA`` among them; none where
        there is no need."""
        if self._tls is None or self._tls.identity.ca is None:
            return {}
        from mock_ares.server.certificates.trust import variables

        return variables(self._tls.identity.ca, self._tls.identity.trust_store)

    @property
    def _scheme(self) -> str:
        return "http" if self._tls is None else "https"

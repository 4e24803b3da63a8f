"""How uvicorn is told to run a fake: which of its protocol classes, with which settings."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from mock_ares.server.transport import refusal
from mock_ares.server.transport.uvicorn_parsers import on_h11, on_httptools
from mock_ares.server.transport.uvicorn_protocol import KEEP_ALIVE


def httptools_protocol() -> type[asyncio.Protocol]:
    """The connection class on httptools. Raises ImportError where that is not installed."""
    return on_httptools()


def h11_protocol() -> type[asyncio.Protocol]:
    """The connection class on h11, which is pure Python."""
    return on_h11()


def protocol_class() -> type[asyncio.Protocol]:
    """The faster of the two that is installed."""
    return httptools_protocol() if importlib.util.find_spec("httptools") else h11_protocol()


def protocol_factory(
    app: Any, state: ServerState, http: type[asyncio.Protocol] | None = None
) -> Callable[[], asyncio.Protocol]:
    """Makes uvicorn's connections for an ASGI application; ``state`` has the open ones and their tasks."""
    config = _config(app, http or protocol_class())
    config.load()
    return lambda: config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg]


def workers_config(factory: Callable[[], Any], workers: int, http: str | None = None) -> Config:
    """For uvicorn's own processes; what crosses over to them is pickled. ``http``: what makes a connection, by its
    name; None: the class."""
    return _config(factory, http or "mock_ares.server:Http", factory=True, workers=workers)


def _config(app: Any, http: Any, **more: Any) -> Config:
    return Config(
        app,
        http=http,
        interface="asgi3",
        ws="none",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        h11_max_incomplete_event_size=refusal.MOST_HEAD,
        **more,
    )

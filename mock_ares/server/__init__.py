"""The fake ARES server: everything that touches a socket or a clock.

``create_app`` is an ordinary ASGI factory; ``Http`` lets uvicorn's own command line run it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_ares.server.hosting.app import create_app as create_app


def __getattr__(name: str) -> Any:
    if name == "create_app":
        from mock_ares.server.hosting.app import create_app

        return create_app
    if name == "Http":
        from mock_ares.server.transport.uvicorn_config import protocol_class

        return protocol_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""mock-ares: a fake ARES server that streams exactly the bytes you script.

Names are imported when they are first used, so that ``import mock_ares`` costs next to nothing. The faults are in
``mock_ares.faults``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mock_ares._version import __version__ as __version__

if TYPE_CHECKING:
    from mock_ares.authoring.calls import reply as reply
    from mock_ares.authoring.load import load as load
    from mock_ares.authoring.load import loads as loads
    from mock_ares.harness.plugin.contract import ClientContract as ClientContract
    from mock_ares.harness.plugin.contract import client_contract as client_contract
    from mock_ares.harness.plugin.fixtures import Ares as Ares
    from mock_ares.harness.plugin.page import PageContract as PageContract
    from mock_ares.scenario.model import Body as Body
    from mock_ares.scenario.model import Chunks as Chunks
    from mock_ares.scenario.model import Content as Content
    from mock_ares.scenario.model import Framing as Framing
    from mock_ares.scenario.model import Match as Match
    from mock_ares.scenario.model import Pace as Pace
    from mock_ares.scenario.model import Pause as Pause
    from mock_ares.scenario.model import Position as Position
    from mock_ares.scenario.model import Range as Range
    from mock_ares.scenario.model import Redirect as Redirect
    from mock_ares.scenario.model import Reply as Reply
    from mock_ares.scenario.model import RetryAfter as RetryAfter
    from mock_ares.scenario.model import Scenario as Scenario
    from mock_ares.scenario.model import Segments as Segments
    from mock_ares.scenario.model import Text as Text
    from mock_ares.scenario.model import When as When
    from mock_ares.server.certificates.identity import Certificate as Certificate
    from mock_ares.server.hosting.in_thread import FakeServer as FakeServer
    from mock_ares.server.state import Settings as Settings

_MODEL = (
    "Body Chunks Content Framing Match Pace Pause Position Range Redirect Reply RetryAfter Scenario Segments Text When"
)
_HOMES = {
    **dict.fromkeys(_MODEL.split(), "mock_ares.scenario.model"),
    "load": "mock_ares.authoring.load",
    "loads": "mock_ares.authoring.load",
    "reply": "mock_ares.authoring.calls",
    "Certificate": "mock_ares.server.certificates.identity",
    "Settings": "mock_ares.server.state",
    "FakeServer": "mock_ares.server.hosting.in_thread",
    "Ares": "mock_ares.harness.plugin.fixtures",
    "ClientContract": "mock_ares.harness.plugin.contract",
    "PageContract": "mock_ares.harness.plugin.page",
    "client_contract": "mock_ares.harness.plugin.contract",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mock_ares' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

"""mock-ares: a fake ARES server that streams exactly the bytes you script.

Names are imported when they are first used, so that ``import mock_ares`` costs next to nothing. The faults are in
``mock_ares.faults``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mock_ares.harness.contract import ClientContract as ClientContract
    from mock_ares.harness.contract import client_contract as client_contract
    from mock_ares.harness.fixtures import Ares as Ares
    from mock_ares.scenario.load import load as load
    from mock_ares.scenario.model import (
        Body as Body,
        Chunks as Chunks,
        Content as Content,
        Framing as Framing,
        Match as Match,
        Pace as Pace,
        Pause as Pause,
        Position as Position,
        Range as Range,
        Redirect as Redirect,
        Reply as Reply,
        RetryAfter as RetryAfter,
        Scenario as Scenario,
        Segments as Segments,
        Text as Text,
        When as When,
    )
    from mock_ares.server.fake import FakeServer as FakeServer

_MODEL = (
    "Body Chunks Content Framing Match Pace Pause Position Range Redirect Reply RetryAfter Scenario Segments Text When"
)
_HOMES = {
    **dict.fromkeys(_MODEL.split(), "mock_ares.scenario.model"),
    "load": "mock_ares.scenario.load",
    "FakeServer": "mock_ares.server.fake",
    "Ares": "mock_ares.harness.fixtures",
    "ClientContract": "mock_ares.harness.contract",
    "client_contract": "mock_ares.harness.contract",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mock_ares' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

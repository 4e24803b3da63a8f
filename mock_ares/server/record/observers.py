"""Being told of what a fake does, as it does it."""

from __future__ import annotations

from typing import Protocol

from mock_ares.plan.model import Headers, Script, StreamPlan
from mock_ares.server.record.journal import Exchange


class Observer(Protocol):
    """Called in the event loop that serves; must be quick, and must not raise."""

    def opened(self, exchange: Exchange) -> None:
        """A request has come; its body has not been read."""

    def answered(self, exchange: Exchange, plan: StreamPlan, script: Script, extra: Headers) -> None:
        """It is known what will be sent, with ``extra`` head fields. What has been is in ``exchange.sent``."""

    def ended(self, exchange: Exchange) -> None:
        """The exchange is over."""

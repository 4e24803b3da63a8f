from __future__ import annotations

from tests.server.fakes import ares, docs, profile, server

__all__ = ["ares", "docs", "profile", "server"]

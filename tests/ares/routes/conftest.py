from __future__ import annotations

import pytest

from tests.ares.routes.frontend import Frontend
from tests.server.live import Live


@pytest.fixture
def page(ares: Live) -> Frontend:
    """In either profile."""
    return Frontend(ares)


@pytest.fixture
def docs_page(docs: Live) -> Frontend:
    return Frontend(docs)


@pytest.fixture
def server_page(server: Live) -> Frontend:
    return Frontend(server)

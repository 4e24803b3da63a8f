from __future__ import annotations

import re
import uuid
from dataclasses import FrozenInstanceError

import pytest

from mock_ares.ares.profiles import PROFILES
from mock_ares.dialects import DIALECTS

DOCS, SERVER = PROFILES["docs"], PROFILES["server"]


def test_a_profile_goes_by_its_name() -> None:
    assert {name: profile.name for name, profile in PROFILES.items()} == {"docs": "docs", "server": "server"}
    assert all(profile.default_dialect in DIALECTS for profile in PROFILES.values())


def test_the_disagreements() -> None:
    assert (DOCS.default_dialect, SERVER.default_dialect) == ("text", "typed")
    assert (DOCS.leeway, SERVER.leeway) == (0, 60)
    assert (DOCS.keep_alive, SERVER.keep_alive) == (None, 15)
    assert (DOCS.checks_kind, SERVER.checks_kind) == (True, False)
    assert (DOCS.default_agent, SERVER.default_agent) == ("router", "product")


def test_what_they_agree_on() -> None:
    for profile in PROFILES.values():
        assert (profile.access_lifetime, profile.refresh_lifetime) == (900, 604_800)


def test_context_ids() -> None:
    assert re.fullmatch(r"ctx_[0-9a-f]{8}", DOCS.new_context_id())
    assert uuid.UUID(SERVER.new_context_id()).version == 4
    for profile in PROFILES.values():
        assert profile.new_context_id() != profile.new_context_id()


def test_a_profile_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        DOCS.leeway = 5  # type: ignore[misc]  # that is what is refused

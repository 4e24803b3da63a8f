"""What is the same for many requests is found once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, cast

import pytest

from mock_ares.plan.http.head import render_head
from mock_ares.plan.model import Head
from mock_ares.server.files.reload import Reloader
from mock_ares.server.http.handler import _date
from mock_ares.server.record import redaction


@dataclass
class Folder:
    """Counts who asks."""

    asked: int = 0

    @property
    def stale(self) -> bool:
        self.asked += 1
        return False


def test_files_are_looked_at_once_in_a_round_of_the_loop() -> None:
    folder = Folder()
    reloader = Reloader(cast(Any, folder), lambda changes: None, lambda error: None)

    async def rounds() -> None:
        for asked in (1, 2):  # what was saved in between would be seen
            await asyncio.gather(*(reloader.refresh() for _ in range(50)))
            assert folder.asked == asked

    asyncio.run(rounds())


def test_a_head_and_its_date_are_written_once_a_second() -> None:
    fields = (("date", _date(0)),)
    assert fields == (("date", "Thu, 01 Jan 1970 00:00:00 GMT"),)
    assert render_head(Head(headers=(("a", "b"),)), fields) is render_head(Head(headers=(("a", "b"),)), fields)
    assert _date(1) == "Thu, 01 Jan 1970 00:00:01 GMT"


def test_a_text_is_cleaned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned = list[str]()

    def clean(value: str) -> str:
        cleaned.append(value)
        return value.upper()

    monkeypatch.setattr(redaction, "_clean", clean)
    for text in ("once=1", "once=1", long := "twice=" + "x" * redaction.SHORT, long):
        assert redaction.text(text) == text.upper()
    redaction._clean_short.cache_clear()
    assert cleaned == ["once=1", long, long], "what is long is not remembered"

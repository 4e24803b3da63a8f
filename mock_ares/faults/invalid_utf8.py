"""Bytes that are no UTF-8, in the middle of the text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mock_ares.faults.common import At, applied, inserted
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError, characters_before, offset_of
from mock_ares.scenario.position import Where

REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class InvalidUtf8(At):
    """``bytes`` (hexadecimal) put in at a place inside the text; a decoder shows U+FFFD there (Encoding 4.1)."""

    after: Where
    bytes: str = "ff"
    stands_alone: ClassVar[bool] = False

    def __post_init__(self) -> None:
        raw = bytes.fromhex(self.bytes)
        if not raw or any(byte < 0x80 for byte in raw):
            raise ValueError("bytes are hexadecimal, each from 80 to ff, so that no other text is touched")
        try:
            raw.decode()
        except UnicodeDecodeError:
            return
        raise ValueError(f"bytes {self.bytes} are valid UTF-8")

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        offset = offset_of(plan, self.after)
        raw = bytes.fromhex(self.bytes)
        spoken = characters_before(plan, offset)
        if spoken is None:
            raise PlanError("invalid_utf8 needs a place in a chunk's text: behind a character, not between two events")
        text = plan.text[:spoken] + REPLACEMENT + plan.text[spoken:]
        return replace(applied(plan, "invalid_utf8"), pieces=inserted(plan, offset, raw), text=text)

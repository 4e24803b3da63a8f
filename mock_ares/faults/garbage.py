"""Bytes that are no HTTP in the response's place."""

from __future__ import annotations

from dataclasses import dataclass

from mock_ares.faults.common import in_its_place
from mock_ares.plan.model import Ending, StreamPlan
from mock_ares.scenario.fault import Fault, fault


@fault("garbage")
@dataclass(frozen=True, slots=True)
class Garbage(Fault):
    """``bytes`` (as text, sent in Latin-1), then FIN."""

    about = "response"
    http = "1.1"
    nearest = "broken_frame"

    bytes: str = "\x16\x03\x01 this is no HTTP\r\n\r\n"

    def __post_init__(self) -> None:
        if not self.bytes or any(ord(char) > 255 for char in self.bytes):
            raise ValueError("bytes are one or more characters from U+0000 to U+00FF")

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        return in_its_place(plan, self.name, Ending("close", tail=self.bytes.encode("latin-1")))

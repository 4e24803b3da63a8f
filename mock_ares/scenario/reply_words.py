"""The words of a reply for type checkers and editors: one that there is not is a mistake before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from mock_ares.dialects import DialectName
from mock_ares.scenario.fields import FieldCase
from mock_ares.scenario.model import (
    Body,
    BodyWord,
    Chunks,
    ChunkWord,
    Content,
    Framing,
    Pace,
    Range,
    Redirect,
    RetryAfter,
    Segments,
    SegmentWord,
    Text,
)

Inner = Mapping[str, Any]
"""An object's words, as a file has them."""


class ReplyWords(TypedDict, total=False):
    """What ``reply`` takes. None leaves a word out; ``scenario.model.Reply`` says what each means."""

    text: str | Text | Inner | None
    chunks: ChunkWord | Chunks | Range | Inner | list[str] | tuple[str, ...] | None
    dialect: DialectName | None
    pace: Pace | Inner | None
    framing: Framing | Inner | None
    segments: SegmentWord | Segments | Inner | None
    body: BodyWord | Body | Inner | None
    faults: Sequence[Any] | None
    before_body: bool | None
    interim: Sequence[Literal[100, 103]] | None
    field_case: FieldCase | None
    status: int | None
    headers: Mapping[str, str | None] | None
    content: Literal["empty"] | Content | Inner | None
    error: str | None
    retry_after: float | str | RetryAfter | Inner | None
    redirect: Redirect | Inner | None
    seed: int | None

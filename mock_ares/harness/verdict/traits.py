"""What is unusual about a stream."""

from __future__ import annotations

from collections.abc import Iterator

from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.fault import FAULTS

MOST_AT_ONCE = 16_384
"""Bytes: of a stream that is longer no read can be expected to hold all."""


def traits_of(plan: StreamPlan) -> tuple[str, ...]:
    """What is unusual about the stream."""
    return tuple(name for name, holds in _traits(plan) if holds)[:3]


def _traits(plan: StreamPlan) -> Iterator[tuple[str, bool]]:
    framing, body, head = plan.framing, plan.body, plan.head
    types = (head.field("content-type") or "") if head else ""
    yield f"line endings {framing.newline.upper()}", framing.newline != "lf"
    yield "no space behind the colon", not framing.space
    yield "a byte order mark", framing.bom
    yield "a field name without a colon", framing.bare_empty
    extra = [*framing.first, *framing.between, *framing.before, *framing.amid, *framing.inside]
    yield f"lines such as {', '.join(sorted(set(map(repr, extra)))[:2])}", bool(extra)
    yield "no empty line at its end", not framing.final_blank_line
    yield f"the content type {types}", bool(head) and types not in ("text/event-stream", "")
    yield f"the interim responses {list(head.interim) if head else ''}", bool(head and head.interim)
    yield f"HTTP chunk extensions {body.extensions}", body.extensions is not None
    yield "trailer fields", bool(body.trailers)
    yield "a compressed body", body.gzip is not None
    yield "a body that ends with the connection", body.framing in ("close", "http1.0")
    yield from ((trait, True) for name in plan.marks if (trait := FAULTS[name].trait))
    size = f"{plan.size:,} bytes, more than a read holds"
    yield size, plan.size > MOST_AT_ONCE and plan.segments == "free"
    yield "reads that end inside lines or characters", plan.segments not in ("free", "event", "whole")

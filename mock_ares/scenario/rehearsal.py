"""A reply planned once before anybody asks for it: what cannot be made exact is a mistake of its author's, too.

The steps of a plan are taken one by one, so that each mistake has the place of the word that caused it and a first one
does not hide the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from mock_ares.dialects import DIALECTS
from mock_ares.expectation import disagreement
from mock_ares.plan.build import Asked, answer, build
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError, offset_of
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.mistakes import Finding
from mock_ares.scenario.model import Chunks, Content, Framing, Reply, Segments, Text
from mock_ares.scenario.words import parse_duration, parse_fraction

MOST_CHUNKS = 1_000_000
LONGEST_WORD = 16
"""Characters of a generated word and what stands around it."""
MESSAGE = "A message."
"""Stands for the request's in a template."""


def rehearse(reply: Reply, seed: int = 0) -> list[Finding]:
    """What a server could not do with the reply, each with its place below the reply."""
    if _cannot_fail(reply):
        return []
    if found := list(_unspeakable(reply)):
        return found
    try:
        plan = _bare(reply, seed)
    except PlanError as error:
        return [(("framing", "final_blank_line") if "final_blank_line" in str(error) else (), str(error))]
    if plan is None:
        return []
    found = [*_outside(reply, plan), *_pauses(reply, plan)]
    if not found and reply.pace.pauses:
        plan = build(replace(reply, faults=()), Asked(MESSAGE), seed)
    for index, fault in enumerate(reply.faults):
        try:
            plan = fault(plan)
        except PlanError as error:
            hint = _short_form_hint(getattr(fault, "after", None))
            found.append((("faults", index), f"{error}{hint}"))
    try:
        cuts(plan)
    except PlanError as error:
        found.append((("segments",), str(error)))
    if not found and (difference := _disagreement(plan)):
        found.append(((), difference))
    return found


def _cannot_fail(reply: Reply) -> bool:
    """Whether planning is a waste: generated text fits every dialect, and where no place is named, none is missing.

    Such texts are the large ones: planning them took two thirds of the time in which the library loads.
    """
    text = reply.text
    if not isinstance(text, Text) or (text.words is None and text.bytes is None):
        return False
    if reply.faults or reply.pace.pauses or isinstance(reply.segments, Segments) or reply.framing != Framing():
        return False
    size = text.bytes if text.bytes is not None else (text.words or 0) * LONGEST_WORD
    chunk = reply.chunks.every if isinstance(reply.chunks, Chunks) else size if reply.chunks == "whole" else 1
    return chunk is not None and size <= MOST_CHUNKS * chunk


def _bare(reply: Reply, seed: int) -> StreamPlan | None:
    """The plan without pauses and faults; None where only a server knows the answer's content."""
    if reply.error or reply.redirect or reply.content == "empty":
        return None
    if reply.content is None and not reply.speaks:
        reply = replace(reply, text="")  # a fault takes its place
    bare = replace(reply, faults=(), pace=replace(reply.pace, pauses=()))
    if isinstance(reply.content, Content):
        text = reply.content.html or reply.content.plain or ""
        body = text or json.dumps(reply.content.json, ensure_ascii=False, separators=(",", ":"), default=str)
        return answer(200, (), body.encode(), bare)
    return build(bare, Asked(MESSAGE), seed)


def _unspeakable(reply: Reply) -> Iterator[Finding]:
    """What the reply's dialect cannot carry."""
    refuse = DIALECTS[reply.dialect or Asked().dialect].refuse
    if isinstance(reply.text, str) and (reason := refuse(reply.text)):
        yield ("text",), reason.replace("the chunk", "the text", 1)
    for index, chunk in enumerate(reply.chunks if isinstance(reply.chunks, tuple) else ()):
        if reason := refuse(chunk):
            yield ("chunks", index), reason


def _outside(reply: Reply, plan: StreamPlan) -> Iterator[Finding]:
    if len(plan.chunks) > MOST_CHUNKS:
        yield ("chunks",), f"the reply has {len(plan.chunks)} chunks; {MOST_CHUNKS} are the most"
    at = (reply.chunks.at if isinstance(reply.chunks, Chunks) else None) or ()
    for index, position in enumerate(at):
        if not 0 < position < len(plan.text):
            message = f"there is no character {position} to cut before: the text has {len(plan.text)}, counted from 0"
            yield ("chunks", "at", index), message


def _pauses(reply: Reply, plan: StreamPlan) -> Iterator[Finding]:
    for index, pause in enumerate(reply.pace.pauses):
        try:
            offset_of(plan, pause.at)
        except PlanError as error:
            yield ("pace", "pauses", index, "at"), f"{error}{_short_form_hint(pause.at)}"


def _short_form_hint(where: object) -> str:
    """A text that looks like another kind of position was probably meant as one."""
    if not isinstance(where, str):
        return ""
    for word, parse in (("fraction", parse_fraction), ("time", parse_duration)):
        try:
            parse(where)
        except ValueError:
            continue
        if not where.strip().isdigit():
            return f"; a {word} is written as {{{word}: {where}}}"
    return ""


def _disagreement(plan: StreamPlan) -> str | None:
    small = sum(len(piece.data) for piece in plan.pieces) <= 1_000_000
    return disagreement(plan) if small else None

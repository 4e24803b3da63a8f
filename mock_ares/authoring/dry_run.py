"""A reply planned once before anybody asks for it: what cannot be made exact is a mistake of its author's, too.

Where the plan fails, its steps are taken one by one, so that each mistake has the place of the word that caused it and
a first one does not hide the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mock_ares.dialects import DIALECTS
from mock_ares.expectation import disagreement
from mock_ares.plan.build import RequestContext, answer, build, chunks_of, content_of
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import PlanError
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.diagnostics import Finding, Place, few
from mock_ares.scenario.model import Chunks, Pause, Reply, Segments, Text
from mock_ares.scenario.words import parse_duration, parse_fraction

MOST = 1_000_000
"""Chunks, promised reads and HTTP chunks of a reply, each: every one is an object, and perhaps a system call."""
LONGEST_WORD = 16
"""Characters of a generated word and what stands around it."""
UNKNOWN = b" " * 100_000
"""Stands for the body of an error: large enough for every place that one could have."""
MESSAGE = "A message."
"""Stands for the request's in a template."""


def rehearse(reply: Reply, seed: int = 0) -> list[Finding]:
    """What a server could not do with the reply, each with its place below the reply."""
    if _cannot_fail(reply):
        return []
    if mistakes := [*few(_unspeakable(reply)), *few(_chunk_mistakes(reply, seed))]:
        return mistakes
    try:
        plan = _planned(reply, seed)
    except PlanError as error:
        return _diagnosed(reply, seed) or [(_place_of(error), str(error))]
    return _plan_mistakes(plan)


def _cannot_fail(reply: Reply) -> bool:
    """Whether planning is a waste: generated text fits every dialect, and where no place is named, none is missing.

    Such texts are the large ones: planning them took two thirds of the time in which the library loads.
    """
    text = reply.text
    if not isinstance(text, Text) or (text.words is None and text.bytes is None):
        return False
    if reply != Reply(text=text, chunks=reply.chunks, pace=replace(reply.pace, keep_alive=None, pauses=())):
        return False
    size = text.bytes if text.bytes is not None else (text.words or 0) * LONGEST_WORD
    chunk = reply.chunks.every if isinstance(reply.chunks, Chunks) else size if reply.chunks == "whole" else 1
    return chunk is not None and size <= MOST * chunk


def _unspeakable(reply: Reply) -> Iterator[Finding]:
    """What the reply's dialect cannot carry."""
    refuse = DIALECTS[reply.dialect or RequestContext().dialect].refuse
    place: Place = ("text", "template") if isinstance(reply.text, Text) else ("text",)
    text = reply.text.template if isinstance(reply.text, Text) else reply.text
    if text is not None and (reason := refuse(text)):
        yield place, reason.replace("the chunk", "the text", 1)
    for index, chunk in enumerate(reply.chunks if isinstance(reply.chunks, tuple) else ()):
        if reason := refuse(chunk):
            yield ("chunks", index), reason


def _chunk_mistakes(reply: Reply, seed: int) -> Iterator[Finding]:
    chunks = chunks_of(reply, MESSAGE, seed) if reply.speaks else ()
    if len(chunks) > MOST:
        yield ("chunks",), f"the reply has {len(chunks)} chunks; {MOST} are the most"
    at = (reply.chunks.at if isinstance(reply.chunks, Chunks) else None) or ()
    size = sum(map(len, chunks))
    for index, position in enumerate(at):
        if not 0 < position < size:
            message = f"there is no character {position} to cut before: the text has {size}, counted from 0"
            yield ("chunks", "at", index), message


def _planned(reply: Reply, seed: int) -> StreamPlan:
    """The reply's plan; of an error, whose body only a server knows, with some body. Raises PlanError."""
    if reply.error is not None:
        return answer(reply.status or 500, (), UNKNOWN, reply)
    if reply.redirect is not None:
        return answer(reply.redirect.status, (), b"", reply)
    if reply.content is not None or (reply.status is not None and not reply.speaks):
        return answer(reply.status or 200, (), content_of(reply.content)[1], reply)
    return build(reply, RequestContext(MESSAGE), seed)


def _plan_mistakes(plan: StreamPlan) -> list[Finding]:
    step = _smallest_read(plan)
    if step and plan.size > MOST * step:
        return [(("segments",), f"this asks for more than {MOST} reads: the payload has {plan.size} bytes")]
    if isinstance(plan.body.http_chunks, int) and plan.size > MOST * plan.body.http_chunks:
        message = f"this asks for more than {MOST} HTTP chunks: the payload has {plan.size} bytes"
        return [(("body", "http_chunks"), message)]
    try:
        cuts(plan)
    except PlanError as error:
        return [(_place_of(error), str(error))]
    difference = disagreement(plan) if plan.size <= MOST else None
    return [((), difference)] if difference else []


def _smallest_read(plan: StreamPlan) -> int | None:
    how = plan.segments
    if not isinstance(how, Segments):
        return 1 if how == "byte" else None
    return how.every or (how.random.min if how.random else 1 if how.inside == "utf8" else None)


def _diagnosed(reply: Reply, seed: int) -> list[Finding]:
    """The mistakes of a reply that has no plan: of its pauses, and of each fault by itself."""
    if not (reply.speaks or reply.content or reply.error or reply.redirect or reply.status):
        reply = replace(reply, text="")
    calm = replace(reply, faults=(), pace=replace(reply.pace, pauses=()))
    mistakes = list[Finding]()
    timed = tuple[Pause, ...]()
    for index, pause in enumerate(reply.pace.pauses):
        try:
            _planned(replace(calm, pace=replace(calm.pace, pauses=(*timed, pause))), seed)
        except PlanError as error:
            if not str(error).startswith("pauses"):
                return []
            mistakes.append((("pace", "pauses", index, "at"), f"{error}{_short_form_hint(pause.at)}"))
        else:
            timed += () if pause.endless else (pause,)
    try:
        plan = _planned(replace(calm, pace=replace(calm.pace, pauses=timed)), seed)
    except PlanError:
        return mistakes
    for index, fault in enumerate(reply.faults):
        try:
            plan = fault(plan)
        except PlanError as error:
            mistakes.append((("faults", index), f"{error}{_short_form_hint(getattr(fault, 'after', None))}"))
    return mistakes


_PLACES: dict[str, Place] = {
    "framing": ("framing",),
    "keep_alive": ("pace", "keep_alive"),
    "pauses": ("pace", "pauses"),
    "segments": ("segments",),
    "status": ("status",),
}


def _place_of(error: PlanError) -> Place:
    """The word that a mistake of the plan is about, which its message begins with."""
    if "final_blank_line" in str(error):
        return ("framing", "final_blank_line")
    return _PLACES.get(str(error).split(":")[0], ())


def _short_form_hint(where: object) -> str:
    """A text that looks like another kind of position was probably meant as one."""
    if not isinstance(where, str) or where.strip().isdigit():
        return ""
    for word, parse in (("fraction", parse_fraction), ("time", parse_duration)):
        try:
            parse(where)
        except ValueError:
            continue
        return f"; a {word} is written as {{{word}: {where}}}"
    return ""

"""How much work a text or a reply will be, as far as it can be told at a glance: what is little is done at once, in the
event loop; what may be much is done by the executor."""

from __future__ import annotations

import re

from mock_ares.scenario.model import Chunks, Reply, Segments, Text

MOST_PARTS = 2000
"""Chunks and reads of a reply that is planned at once; each is a hundredth of a millisecond."""
MOST_CHARACTERS = 200_000
MOST_SOURCE = 8 * 1024
"""Characters of a scenario file that is read at once."""
MOST_BODY = 32 * 1024
"""Bytes of JSON that are read at once."""
_MUCH = re.compile(r"[0-9]{4}|[0-9][kKmM]|file|[&*]")
"""Numbers that may ask for much, other files, aliases."""


def much_to_read(text: str) -> bool:
    """Whether reading this scenario file, and planning its replies, may take long."""
    return len(text) > MOST_SOURCE or _MUCH.search(text) is not None


def much_to_plan(reply: Reply, message: str) -> bool:
    """Whether planning this reply may take long."""
    size = _characters(reply, message)
    steps = 1 + len(reply.faults) + len(reply.pace.pauses)
    return size > MOST_CHARACTERS or steps * (_chunks(reply, size) + _reads(reply, size)) > MOST_PARTS


def _characters(reply: Reply, message: str) -> int:
    text = reply.text
    if isinstance(reply.chunks, tuple):
        return sum(map(len, reply.chunks))
    if not isinstance(text, Text):
        return len(text or "")
    if text.template is not None:
        return len(text.template) + text.template.count("{message}") * len(message)
    return (
        sum(len(run if isinstance(run, str) else run.hex) for run in text.recorded or ())
        or text.bytes
        or 8 * (text.words or 0)
    )


def _chunks(reply: Reply, size: int) -> int:
    how = reply.chunks
    if isinstance(how, tuple):
        return len(how)
    if isinstance(how, Chunks):
        return len(how.at) if how.at is not None else size // _least(how.every, how.sizes, how.random)
    return {"words": size // 4, "whole": 1, "mid-word": size // 4, "recorded": size // 16}.get(how, size)


def _reads(reply: Reply, size: int) -> int:
    """Of the client, and HTTP chunks."""
    how, body = reply.segments, getattr(reply.body, "http_chunks", None)
    http_chunks = size // body if isinstance(body, int) else 0
    if not isinstance(how, Segments):
        return http_chunks + (8 * size if how == "byte" else 0)
    reads = len(how.at) if how.at is not None else size // _least(how.every, None, how.random)
    return http_chunks + (size if how.inside is not None else reads)


def _least(every: int | None, sizes: tuple[int, ...] | None, random: object) -> int:
    return max(1, every or min(sizes or (0,)) or getattr(random, "min", 1))

"""What HTTP has put around a payload, in the words of the language: fields, framing, what was wrong at the end."""

from __future__ import annotations

import re
from typing import Literal

from mock_ares import faults
from mock_ares.plan.model import EndingKind
from mock_ares.recorder.exchange.payload import DecodedBody
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.fields import field_mistakes
from mock_ares.scenario.model import Body, Position

END = Position(fraction=1.0)
HEX = b"0123456789abcdefABCDEF"
_OWN = frozenset(
    [
        "date",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "content-length",
        "content-encoding",
        "set-cookie",
        "trailer",
        "upgrade",
        "alt-svc",
    ]
)
"""Fields that the fake writes by itself, or that are about one connection or one user."""
_VARY = re.compile(r"(?:(?:origin|accept-encoding|access-control-request-(?:method|headers))[, ]*)+", re.IGNORECASE)


def headers_of(reader: ResponseReader, by_default: dict[str, str]) -> dict[str, str | None]:
    """What of the fields differs from those that the fake has by itself."""
    found = dict[str, str | None]()
    for name, _ in reader.fields:
        lower, value = name.lower(), reader.named(name.lower())
        plain = lower in _OWN or lower.startswith("access-control-") or list(field_mistakes({name: value}))
        if plain or lower in (each.lower() for each in found) or (lower == "vary" and _VARY.fullmatch(value or "")):
            continue
        if by_default.get(lower) != value:
            found[name] = value
    given = {name.lower() for name, _ in reader.fields}
    return {**found, **{name: None for name in by_default if name not in given}}


def body_of_response(reader: ResponseReader, payload: DecodedBody) -> Body:
    closes = "close" in (reader.named("connection") or "").lower()
    if not reader.chunked:
        framing: Literal["length", "close", "http1.0"] = "close" if reader.version == "1.1" else "http1.0"
        framing = "length" if reader.length is not None or reader.method == "HEAD" else framing
        gzip: Literal["whole"] | None = "whole" if payload.gzip else None
        return Body(framing, gzip=gzip, connection="close" if closes and framing == "length" else "keep-alive")
    sizes = b"".join(line.partition(b";")[0] for line in reader.sizes[:-1])
    length = next((value for name, value in reader.fields if name.lower() == "content-length"), "")
    return Body(
        extensions=reader.sizes[0].lstrip(HEX).decode("latin-1").rstrip() or None if reader.sizes else None,
        trailers=dict(reader.trailers),
        sizes="zeros" if sizes.startswith(b"00") else "capitals" if re.search(rb"[A-F]", sizes) else "usual",
        content_length=int(length) if length.isdecimal() else None,
        gzip="event" if payload.gzip else None,
        connection="close" if closes else "keep-alive",
    )


def endings_of(reader: ResponseReader, payload: DecodedBody, ending: EndingKind, stop: Position) -> tuple[Fault, ...]:
    """What is wrong with the end, in the words of the language."""
    if reader.state == "none":
        size = reader.sizes[-1].decode("latin-1") if reader.sizes else ""
        return (faults.malformed_chunk(after=stop, size=size),)
    if ending == "complete" or reader.complete:
        if reader.extra and reader.length is not None:
            return (faults.short_length(by=reader.extra),)
        return () if payload.whole else (faults.cut_gzip(after=stop),)
    inside = reader.state == "chunk"
    if ending == "reset":
        return (faults.reset_peer(after=stop, inside_http_chunk=inside),)
    if ending == "hang":
        return (faults.hang(after=stop),)
    if reader.length is not None:
        return (faults.long_length(by=reader.length - reader.taken),)
    return (faults.close_early(after=stop, inside_http_chunk=inside),)

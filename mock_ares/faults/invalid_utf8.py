"""Bytes that are no UTF-8, in the middle of the text."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_ares.faults.common import applied
from mock_ares.plan.columns import Piece
from mock_ares.plan.events import as_heard, has_room
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.positions import Place, PlanError, place_of
from mock_ares.scenario.fault import Fault, fault
from mock_ares.scenario.position import Where


@fault("invalid_utf8")
@dataclass(frozen=True, slots=True)
class InvalidUtf8(Fault):
    """``bytes`` (hexadecimal) put in at a place inside the text; a decoder shows U+FFFD there (Encoding 4.1).

    The place is behind a character. Placed by chunk, it is the end of that chunk's text (0: the beginning of the
    first); by fraction or time, the last place that has been passed.
    """

    about = "content"
    needs = "a text in which the bytes can be hurt"
    trait = "bytes that are no UTF-8"

    after: Where
    bytes: str = "ff"

    def __post_init__(self) -> None:
        try:
            raw = bytes.fromhex(self.bytes)
        except ValueError:
            raw = b""
        if not raw or any(byte < 0x80 for byte in raw):
            raise ValueError("bytes are hexadecimal, each from 80 to ff, so that no other text is touched")
        try:
            raw.decode()
        except UnicodeDecodeError:
            return
        raise ValueError(f"bytes {self.bytes} are valid UTF-8")

    def __call__(self, plan: StreamPlan) -> StreamPlan:
        plan, raw = applied(plan, self.name), bytes.fromhex(self.bytes)
        try:
            place = place_of(plan, self.after)
        except PlanError as error:
            raise PlanError(f"{self.name}: {error}") from None
        chunk = plan.chunks[place.chunk]
        if plan.dialect != "json" and not has_room(chunk, place.characters, plan.dialect, plan.framing):
            raise PlanError(f"{self.name}: an empty line of the text that has no colon has no room for bytes either")
        chunk = chunk[: place.characters] + raw.decode("utf-8", "surrogateescape") + chunk[place.characters :]
        chunks = (*plan.chunks[: place.chunk], chunk, *plan.chunks[place.chunk + 1 :])
        return replace(plan, pieces=tuple(_inserted(plan, place, raw)), chunks=chunks, text=as_heard(chunks))


def _inserted(plan: StreamPlan, place: Place, raw: bytes) -> list[Piece]:
    pieces, start = list[Piece](), 0
    for piece in plan.pieces:
        inside = place.offset - start
        start += len(piece.data)
        ours = piece.chunk == place.chunk or (piece.chunk is None and plan.dialect == "json")
        if ours and raw and 0 <= inside <= len(piece.data):
            piece, raw = piece._replace(data=piece.data[:inside] + raw + piece.data[inside:]), b""
        pieces.append(piece)
    return pieces

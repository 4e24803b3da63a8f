"""The faults: each a function from plan to plan, in a file of its own; this is the one table that lists them.

Adding a fault is a file and a row.
"""

from __future__ import annotations

from mock_ares.faults.close_early import CloseEarly as close_early
from mock_ares.faults.cut_gzip import CutGzip as cut_gzip
from mock_ares.faults.duplicate_chunk import DuplicateChunk as duplicate_chunk
from mock_ares.faults.empty_reply import EmptyReply as empty_reply
from mock_ares.faults.error_event import ErrorEvent as error_event
from mock_ares.faults.garbage import Garbage as garbage
from mock_ares.faults.hang import Hang as hang
from mock_ares.faults.invalid_utf8 import InvalidUtf8 as invalid_utf8
from mock_ares.faults.malformed_chunk import MalformedChunk as malformed_chunk
from mock_ares.faults.missing_end import MissingEnd as missing_end
from mock_ares.faults.reset_peer import ResetPeer as reset_peer
from mock_ares.faults.truncate import Truncate as truncate
from mock_ares.faults.wrong_length import LongLength as long_length
from mock_ares.faults.wrong_length import ShortLength as short_length
from mock_ares.scenario.fault import Fault

FAULTS: dict[str, type[Fault]] = {
    # the end comes too early
    "close_early": close_early,
    "reset_peer": reset_peer,
    "hang": hang,
    "malformed_chunk": malformed_chunk,
    "long_length": long_length,
    "short_length": short_length,
    "cut_gzip": cut_gzip,
    "truncate": truncate,
    "missing_end": missing_end,
    # the content is wrong
    "invalid_utf8": invalid_utf8,
    "duplicate_chunk": duplicate_chunk,
    "error_event": error_event,
    # there is no response
    "empty_reply": empty_reply,
    "garbage": garbage,
}

__all__ = [
    "FAULTS",
    "close_early",
    "cut_gzip",
    "duplicate_chunk",
    "empty_reply",
    "error_event",
    "garbage",
    "hang",
    "invalid_utf8",
    "long_length",
    "malformed_chunk",
    "missing_end",
    "reset_peer",
    "short_length",
    "truncate",
]

"""The faults: each a function from plan to plan, in a file of its own that registers it.

Every file of this folder is found, and its faults are offered here under their names in the language:
``from mock_ares.faults import close_early``.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from mock_ares.scenario.fault import FAULTS as FAULTS

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
globals().update(FAULTS)

if TYPE_CHECKING:  # the same for those who do not run it; a test prints what is missing
    from mock_ares.faults.broken_frame import BrokenFrame as broken_frame
    from mock_ares.faults.broken_frame import DataPastEnd as data_past_end
    from mock_ares.faults.close_early import CloseEarly as close_early
    from mock_ares.faults.cut_gzip import CutGzip as cut_gzip
    from mock_ares.faults.drop_tls import DropTls as drop_tls
    from mock_ares.faults.duplicate_chunk import DuplicateChunk as duplicate_chunk
    from mock_ares.faults.empty_reply import EmptyReply as empty_reply
    from mock_ares.faults.error_event import ErrorEvent as error_event
    from mock_ares.faults.garbage import Garbage as garbage
    from mock_ares.faults.goaway import Goaway as goaway
    from mock_ares.faults.goaway import NoEndStream as no_end_stream
    from mock_ares.faults.hang import Hang as hang
    from mock_ares.faults.invalid_utf8 import InvalidUtf8 as invalid_utf8
    from mock_ares.faults.malformed_chunk import MalformedChunk as malformed_chunk
    from mock_ares.faults.missing_end import MissingEnd as missing_end
    from mock_ares.faults.provider_hang import ProviderHang as provider_hang
    from mock_ares.faults.reset_peer import ResetPeer as reset_peer
    from mock_ares.faults.reset_stream import RefuseStream as refuse_stream
    from mock_ares.faults.reset_stream import ResetStream as reset_stream
    from mock_ares.faults.truncate import Truncate as truncate
    from mock_ares.faults.wrong_length import LongLength as long_length
    from mock_ares.faults.wrong_length import ShortLength as short_length

    __all__ = [
        "FAULTS",
        "broken_frame",
        "close_early",
        "cut_gzip",
        "data_past_end",
        "drop_tls",
        "duplicate_chunk",
        "empty_reply",
        "error_event",
        "garbage",
        "goaway",
        "hang",
        "invalid_utf8",
        "long_length",
        "malformed_chunk",
        "missing_end",
        "no_end_stream",
        "provider_hang",
        "refuse_stream",
        "reset_peer",
        "reset_stream",
        "short_length",
        "truncate",
    ]
else:
    __all__ = ["FAULTS", *sorted(FAULTS)]

"""What bytes are taken for."""

from __future__ import annotations

import email.message

from mock_ares.harness.verdict.mistakes.model import Mistakes, data_of, is_standard
from mock_ares.plan.model import StreamPlan


def of_decoding(plan: StreamPlan, sent: str) -> Mistakes:
    unmarked = data_of(plan.payload.decode(errors="replace").replace("\ufeff", ""))
    removed = unmarked if is_standard(plan) else sent.replace("\ufeff", "")
    yield removed, "U+FEFF is removed wherever it stands: only the first character of a stream is a byte order mark"
    if is_standard(plan) and (obeyed := _by_charset(plan)) is not None:
        yield data_of(obeyed), "the charset of the content type is obeyed; a stream is UTF-8 always"
    for name, charset in (("latin-1", "Latin-1"), ("cp1252", "Windows-1252"), ("ascii", "ASCII")):
        cause = f"the bytes are decoded as {charset}; a stream is UTF-8 always"
        for errors in ("replace", "ignore"):
            yield sent.encode(errors="replace").decode(name, errors=errors), cause
            if is_standard(plan):
                yield data_of(plan.payload.decode(name, errors=errors)), cause
    yield sent.replace("\ufffd", ""), "bytes that are no UTF-8 are left out: each such sequence becomes U+FFFD"
    yield "\ufeff" + sent, "the byte order mark is taken for text"


def _by_charset(plan: StreamPlan) -> str | None:
    """The payload by what its content type says; None where that says nothing that bytes can be decoded by."""
    message = email.message.Message()
    message["content-type"] = (plan.head and plan.head.field("content-type")) or ""
    if (charset := message.get_content_charset()) is None:
        return None
    try:
        return plan.payload.decode(charset, errors="replace")
    except (LookupError, UnicodeError):
        return None

"""Mutants that are right clients, too: one reason a line. A row whose line has changed is told, and fails the run."""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutation.changes import Change


@dataclass(frozen=True, slots=True)
class Equivalent:
    subject: str
    line: str
    """The line of the source, without the space around it."""
    what: str
    """The change; ``*``: every one of this line."""
    why: str

    def covers(self, subject: str, change: Change) -> bool:
        return (self.subject, self.line) == (subject, change.line) and self.what in ("*", change.what)


EQUIVALENTS: tuple[Equivalent, ...] = (
    Equivalent(
        "reference",
        "READ_BYTES = 65536",
        "65536 is 65537",
        "any number of bytes reads the same",
    ),
    Equivalent(
        "reference",
        "super().__init__(reason)",
        "not called",
        "an exception keeps what it is made with",
    ),
    Equivalent(
        "reference",
        "self.status, self.body = status, body",
        "not assigned",
        "what an error has beside its message is for callers; the contract sees the report",
    ),
    Equivalent(
        "reference",
        'raise AresError(f"{type(error).__name__}: {error}") from error',
        "': ' is ''",
        "how the report is worded",
    ),
    Equivalent(
        "reference",
        'connection = (HTTPSConnection if parts.scheme == "https" else HTTPConnection)(parts.netloc, timeout=timeout)',
        "'https' is ''",
        "the contract speaks clear text",
    ),
    Equivalent(
        "reference",
        'fields = {"Accept": "text/event-stream", "Accept-Encoding": "gzip", "Content-Type": "application/json"}',
        "'gzip' is ''",
        "a client need not accept gzip, and is sent none then",
    ),
    Equivalent(
        "reference",
        'kind = response.headers.get("content-type", "").split(";")[0].strip().lower()',
        "'' is 'x'",
        "x is no more an event stream than nothing",
    ),
    Equivalent(
        "reference",
        'said = b""',
        "*",
        "the body of an error is for callers, and the status alone will do for the report",
    ),
    Equivalent(
        "reference",
        "said = response.read1(READ_BYTES)",
        "not assigned",
        "the same",
    ),
    Equivalent(
        "reference",
        "reason = f\"HTTP {response.status}, content type {kind or 'missing'}\"",
        "*",
        "how the report is worded, which holds the status",
    ),
    Equivalent(
        "reference",
        'raise AresError(reason, response.status, str(said, "utf-8", "replace"))',
        "'replace' is ''",
        "it fails either way",
    ),
    Equivalent(
        "reference",
        'yield from unzipped(received) if response.headers.get("content-encoding", "").lower() == "gzip" else received',
        "'' is 'x'",
        "x is no more gzip than nothing",
    ),
    Equivalent(
        "reference",
        'raise AresError(f"the connection was closed {response.length} bytes too soon")',
        "'the connection was closed ' is ''",
        "how the report is worded",
    ),
    Equivalent(
        "reference",
        "unzip = zlib.decompressobj(wbits=31)",
        "31 is 32",
        "at 32 zlib takes gzip as well",
    ),
    Equivalent(
        "reference",
        'raise AresError(f"the connection was closed {response.length} bytes too soon")',
        "' bytes too soon' is ''",
        "how the report is worded",
    ),
    Equivalent(
        "reference",
        "if not unzip.eof or unzip.unused_data:",
        "without operand 2",
        "what is behind a gzip stream is another member, or nothing that a text forbids to pass over",
    ),
    Equivalent(
        "reference",
        'raise AresError("the gzip stream does not end with the body")',
        "'the gzip stream does not end with the body' is ''",
        "how the report is worded",
    ),
    Equivalent(
        "reference",
        "unfinished, after_cr = list[str](), False",
        "False is True",
        "an empty line in front says nothing, so it may be passed over",
    ),
    Equivalent(
        "reference",
        'kind = value.removeprefix(" ")',
        "not assigned",
        "a client may show events of other types",
    ),
    Equivalent(
        "reference",
        'if data and kind in ("", "message"):',
        "without operand 2",
        "a client may show events of other types",
    ),
    Equivalent(
        "reference",
        'raise AresError("the reply lacks its end record")',
        "'the reply lacks its end record' is ''",
        "how the report is worded",
    ),
    Equivalent("node", "const SILENCE_MS = 120_000;", "*", "longer than any silence of the contract"),
    Equivalent(
        "node",
        'const excerpt = value ? new TextDecoder().decode(value.subarray(0, 300)) : "";',
        "300 is 301",
        "how much of an error's body the report holds",
    ),
    Equivalent(
        "node",
        'const type = (response.headers.get("content-type") ?? "none").split(";")[0].trim();',
        '"none" is ""',
        "no type is no event stream either way",
    ),
    Equivalent("node", "clearTimeout(timer);", "*", "the time-out is longer than any silence of the contract"),
    Equivalent("node", "waitOn();", "*", "the time-out is longer than any silence of the contract"),
    Equivalent("node", "received();", "*", "the time-out is longer than any silence of the contract"),
    Equivalent("node", 'const [field] = line.split(":", 1);', "1 is 2", "the first part alone is looked at"),
    Equivalent(
        "httpx",
        "TIMEOUT = httpx.Timeout(30, read=120)  # seconds; read is the longest silence between two bytes, 5 by default",
        "30 is 31",
        "longer than any silence of the contract",
    ),
    Equivalent(
        "httpx",
        "TIMEOUT = httpx.Timeout(30, read=120)  # seconds; read is the longest silence between two bytes, 5 by default",
        "120 is 121",
        "longer than any silence of the contract",
    ),
    Equivalent(
        "httpx",
        "self._after_cr = False",
        "False is True",
        "an empty line in front says nothing, so it may be passed over",
    ),
    Equivalent("httpx", "if not line and self._data:", "without operand 2", "an event without data is an empty piece"),
    Equivalent(
        "httpx",
        '"Accept-Encoding": "identity",  # httpx takes a gzip body that was cut off for a whole one',
        "'identity' is ''",
        "no coding is accepted either way",
    ),
)


def stale(subject: str, made: list[Change]) -> list[Equivalent]:
    """Those that are about no mutant any more."""
    return [
        row for row in EQUIVALENTS if row.subject == subject and not any(row.covers(subject, each) for each in made)
    ]

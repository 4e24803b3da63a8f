"""A request's head, by hyper's rules: tokens of any kind are methods, a bare LF ends a line, a path may be UTF-8."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mock_ares.server.transport import refusal
from mock_ares.server.transport.refusal import Refusal

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_LINE = re.compile(rb"(%b) ([!-~\x80-\xff]+) HTTP/1\.([01])" % _TOKEN)
_BEGUN = re.compile(rb"%b(?: (?:[!-~\x80-\xff]+(?: [HTP/1.0]{0,8}\r?)?)?)?" % _TOKEN)
_NAME = re.compile(_TOKEN)
_VALUE = re.compile(rb"[\t -~\x80-\xff]*")
_PATH = re.compile(rb"""[!"$-;=@-_a-z{|}~\x7f-\xff]*""")
_QUERY = re.compile(rb"[!$-;=?-~\x7f-\xff]*")
MOST_LENGTH = 2**64 - 3


class RequestRefusedError(Exception):
    """These bytes are no request; ``refusal`` says why."""

    def __init__(self, found: Refusal) -> None:
        super().__init__(found.reason)
        self.refusal = found


@dataclass(slots=True)
class ReadHead:
    """A head, and what has come of its body."""

    method: str
    target: bytes
    version: str
    """1.0 or 1.1."""
    fields: list[tuple[bytes, bytes]]
    """Names in lower case."""
    length: int | None
    """Bytes of the body; None: it is chunked."""
    came: int = 0
    """Bytes of it that have come."""
    trailers: bool = False
    """Some have come."""

    @property
    def plain(self) -> bytes:
        """A head that says of the body what this one says, and nothing else: any parser reads it."""
        framing = b"transfer-encoding: chunked" if self.length is None else b"content-length: %d" % self.length
        expect = (b"expect", b"100-continue") in [(name, value.lower()) for name, value in self.fields]
        waits = b"expect: 100-continue\r\n" if expect and self.version == "1.1" and self.length != 0 else b""
        return b"POST / HTTP/1.1\r\nhost: x\r\n%b\r\n%b\r\n" % (framing, waits)


def read(data: bytes) -> ReadHead:
    """The head that data is, up to its last line end. Raises RequestRefusedError."""
    first, *lines = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    line = _LINE.fullmatch(first)
    if line is None:
        raise _none(data)
    method, target, minor = line.groups()
    if len(lines) > refusal.MOST_FIELDS:
        raise RequestRefusedError(refusal.too_many_fields())
    if len(target) > refusal.MOST_TARGET:
        raise RequestRefusedError(refusal.target_too_long())
    if not _is_target(target):
        raise _none(data)
    fields, version = [_field(each, data) for each in lines], f"1.{minor.decode()}"
    return ReadHead(method.decode(), target, version, fields, _length(fields, version, data))


def check_begun(data: bytes) -> None:
    """Raises RequestRefusedError where no head can begin so."""
    line, end, _ = data.partition(b"\n")
    if (_LINE.fullmatch(line.removesuffix(b"\r")) if end else _BEGUN.fullmatch(line)) is None:
        raise _none(data)


def _field(line: bytes, data: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
        raise _none(data)
    return name.lower(), value.strip(b" \t")


def _is_target(target: bytes) -> bool:
    path, _, query = target.partition(b"#")[0].partition(b"?")
    try:
        target.decode()
    except UnicodeDecodeError:
        return False
    return _PATH.fullmatch(path) is not None and _QUERY.fullmatch(query) is not None


def _length(fields: list[tuple[bytes, bytes]], version: str, data: bytes) -> int | None:
    """How long the body is; HTTP chunks count more than any length."""
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if codings:
        if version == "1.0" or codings[-1].rpartition(b",")[2].strip(b" \t").lower() != b"chunked":
            raise _none(data)
        return None
    lengths = {_number(value) for name, value in fields if name == b"content-length"}
    length = lengths.pop() if lengths else 0
    if length is None or lengths:
        raise _none(data)
    if length > MOST_LENGTH:
        raise RequestRefusedError(refusal.too_large())
    return length


def _number(value: bytes) -> int | None:
    """Of 64 bits, as the server has it; None: it is none, or has more of them."""
    digits = value.lstrip(b"0")[:21]  # int() raises ValueError for thousands
    number = int(digits or b"0") if value.isdigit() else 2**64
    return number if number < 2**64 else None


def _none(data: bytes) -> RequestRefusedError:
    return RequestRefusedError(refusal.no_request(data))

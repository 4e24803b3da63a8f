"""A response head as bytes (RFC 9112 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mock_ares.plan.model import Head, Headers
from mock_ares.scenario.fields import FieldCase

_SPELLED: Mapping[FieldCase, Callable[[str], str]] = {"given": str, "title": str.title, "upper": str.upper}


def render(head: Head, fields: Headers) -> bytes:
    """The interim responses, the status line, the fields and the empty line.

    Field names stand as they are given, the fake's own in lower case, as ARES has them, an author's as written; or as
    ``field_case`` has them, which means the same (RFC 9110 5.1).
    """
    spelled = _SPELLED[head.field_case]
    lines = [line for status in head.interim for line in (_status_line(head.version, status), "")]
    lines.append(_status_line(head.version, head.status))
    lines.extend(f"{spelled(name)}: {value}" for name, value in _placed(fields, head.last))
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def places(head: bytes) -> list[int]:
    """Where reads can end inside it: in its first line, in a field, and in the line ends behind both."""
    line, whole = head.index(b"\r\n"), len(head)
    return sorted({1, line - 1, line + 1, line + 2, line + 4, whole - 3, whole - 2, whole - 1})


def _placed(headers: Headers, last: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    places = {name: place for place, name in enumerate(last)}
    return sorted(headers, key=lambda field: places.get(field[0].lower(), -1)) if places else headers


def _status_line(version: str, status: int) -> str:
    return f"HTTP/{version} {status} {PHRASES.get(status, '')}"


_PHRASES = """
100 Continue; 101 Switching Protocols; 102 Processing; 103 Early Hints; 200 OK; 201 Created; 202 Accepted;
203 Non-Authoritative Information; 204 No Content; 205 Reset Content; 206 Partial Content; 207 Multi-Status;
208 Already Reported; 226 IM Used; 300 Multiple Choices; 301 Moved Permanently; 302 Found; 303 See Other;
304 Not Modified; 305 Use Proxy; 307 Temporary Redirect; 308 Permanent Redirect; 400 Bad Request;
401 Unauthorized; 402 Payment Required; 403 Forbidden; 404 Not Found; 405 Method Not Allowed;
406 Not Acceptable; 407 Proxy Authentication Required; 408 Request Timeout; 409 Conflict; 410 Gone;
411 Length Required; 412 Precondition Failed; 413 Payload Too Large; 414 URI Too Long;
415 Unsupported Media Type; 416 Range Not Satisfiable; 417 Expectation Failed; 418 I'm a teapot;
421 Misdirected Request; 422 Unprocessable Entity; 423 Locked; 424 Failed Dependency; 425 Too Early;
426 Upgrade Required; 428 Precondition Required; 429 Too Many Requests; 431 Request Header Fields Too Large;
451 Unavailable For Legal Reasons; 500 Internal Server Error; 501 Not Implemented; 502 Bad Gateway;
503 Service Unavailable; 504 Gateway Timeout; 505 HTTP Version Not Supported; 506 Variant Also Negotiates;
507 Insufficient Storage; 508 Loop Detected; 510 Not Extended; 511 Network Authentication Required
"""
PHRASES = {int(item[:3]): item[4:] for item in _PHRASES.strip().replace("\n", " ").split("; ")}
"""Reason phrases by status, as the server behind ARES has them. Python's own change with its versions."""

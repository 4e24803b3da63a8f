"""The HTTP errors that have names, as each profile words them.

``docs``: the errors page gives ``{"error": message}``, the authentication page a code beside it; where no page gives
the message, it is ours.
``server``: handlers answer ``{"error", "code"}``, middlewares ``{"error"}``, and axum and the limiter plain text.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mock_ares.ares.profiles import Profile
from mock_ares.plan.model import Headers

JSON = "application/json"
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class HttpError:
    """An answer that is no stream. ``content_type`` None: the head has no such field. ``status`` 0: none comes."""

    status: int
    headers: Headers
    body: bytes
    content_type: str | None


def json_error(status: int, message: str, code: str | None = None, headers: Headers = ()) -> HttpError:
    """``{"error": message}``, with ``code`` where one is given; the key order is ARES's."""
    fields: dict[str, Any] = {"error": message} if code is None else {"error": message, "code": code}
    return HttpError(status, headers, json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(), JSON)


def plain_error(status: int, message: str, headers: Headers = (), content_type: str | None = PLAIN) -> HttpError:
    return HttpError(status, headers, message.encode(), content_type)


def unstorable(what: str) -> HttpError:
    """What ARES's server says of a text with U+0000 in it, which its database does not take."""
    reason = 'error returned from database: invalid byte sequence for encoding "UTF8": 0x00'
    return json_error(500, f"{what}: {reason}", "DATABASE_ERROR")


_RETRY: Headers = (("retry-after", "60"),)
_LIMITED: Headers = (("x-ratelimit-limit", "60"), ("x-ratelimit-remaining", "0"), *_RETRY)
"""Without the time of the reset: it would lie in the past by the time it is read."""
_GOVERNED: Headers = (
    ("x-ratelimit-after", "60"),
    *_RETRY,
    ("x-ratelimit-limit", "10"),
    ("x-ratelimit-remaining", "0"),
)
_UNAUTHORIZED = json_error(401, "Unauthorized")
_BAD_JWT = json_error(401, "Invalid or expired token", "AUTH_INVALID_TOKEN")  # the pages' one sample, for every kind
_NO_KEY = json_error(401, "Invalid API key")
_NO_MEDIA = plain_error(415, "Expected request with `Content-Type: application/json`")

# name: (what it is, docs, server)
_TABLE: dict[str, tuple[str, HttpError, HttpError]] = {
    "bad-request": (
        "400: the body is no JSON.",
        json_error(400, "Invalid JSON in request body"),
        plain_error(400, "Failed to parse the request body as JSON: expected value at line 1 column 1"),
    ),
    "missing-field": (
        "400, or 422 of the server: the body has no message.",
        json_error(400, "Missing required field: message"),
        plain_error(
            422,
            "Failed to deserialize the JSON body into the target type: missing field `message` at line 1 column 2",
        ),
    ),
    "missing-token": ("401: no credentials.", json_error(401, "Missing authorization header"), _UNAUTHORIZED),
    "malformed-token": ("401: the token is no JWT.", _BAD_JWT, _UNAUTHORIZED),
    "bad-signature": ("401: the JWT is signed by somebody else.", _BAD_JWT, _UNAUTHORIZED),
    "expired-token": ("401: the token has expired.", _BAD_JWT, _UNAUTHORIZED),
    "revoked-token": ("401: the token was revoked.", _BAD_JWT, _UNAUTHORIZED),
    "wrong-kind": (
        "401: a refresh token where an access token is asked for.",
        _BAD_JWT,
        _UNAUTHORIZED,
    ),
    "missing-key": (
        "401: no credentials on a key route.",
        json_error(401, "Missing authorization header"),
        json_error(401, "Missing Authorization header"),
    ),
    "bad-scheme": (
        "401: not Bearer on a key route.",
        json_error(401, "Invalid Authorization format. Expected: Bearer ares_..."),
        json_error(401, "Invalid Authorization format. Expected: Bearer ares_..."),
    ),
    "malformed-header": (
        "401: bytes outside ASCII in the credentials.",
        json_error(401, "Invalid Authorization header"),
        json_error(401, "Invalid Authorization header"),
    ),
    "wrong-key-format": (
        "401: a key route was given something that is no ARES key, such as a JWT.",
        json_error(401, "Invalid API key format. Must start with ares_"),
        json_error(401, "Invalid API key format. Must start with ares_"),
    ),
    "short-key": (
        "401: an API key of fewer than 13 characters; the server dies of it before it has answered.",
        _NO_KEY,
        HttpError(0, (), b"", None),
    ),
    "invalid-key": ("401: the API key is unknown.", _NO_KEY, _NO_KEY),
    "expired-key": ("401: the API key has expired.", json_error(401, "API key has expired"), _NO_KEY),
    "revoked-key": ("401: the API key was revoked.", _NO_KEY, _NO_KEY),
    "no-admin": (
        "401: the administrator's secret is missing or wrong.",
        json_error(401, "Missing X-Admin-Secret header"),
        json_error(401, "Invalid or missing X-Admin-Secret header"),
    ),
    "forbidden": (
        "403: known, but not allowed.",
        json_error(403, "Forbidden"),
        json_error(403, "Forbidden", "AUTHORIZATION_FAILED"),
    ),
    "not-found": ("404: no such path.", json_error(404, "Not found"), HttpError(404, (), b"", None)),
    "agent-not-found": (
        "404: no such agent.",
        json_error(404, "Agent not found: research"),
        json_error(404, "Not implemented", "NOT_FOUND"),
    ),
    "router-refused": (
        "400 of the server: the router was asked for a whole answer.",
        json_error(400, "Router agent cannot be called directly"),
        json_error(400, "Router agent cannot be called directly", "INVALID_INPUT"),
    ),
    "method-not-allowed": ("405.", json_error(405, "Method not allowed"), HttpError(405, (), b"", None)),
    "too-large": (
        "413: the body has more than 2 MiB.",
        json_error(413, "Request body too large"),
        plain_error(413, "Failed to buffer the request body: length limit exceeded"),
    ),
    "unsupported-media-type": (
        "415: the body does not say that it is JSON.",
        json_error(415, "Content-Type must be application/json"),
        _NO_MEDIA,
    ),
    "broken-body": (
        "400: the body ended before its end, or is no HTTP chunks.",
        json_error(400, "Invalid JSON in request body"),
        plain_error(400, "Failed to buffer the request body: error reading a body from connection"),
    ),
    "unprocessable": (
        "422: a field has the wrong type.",
        json_error(422, "Invalid value for field: message"),
        plain_error(
            422,
            "Failed to deserialize the JSON body into the target type: "
            "message: invalid type: integer `5`, expected a string at line 1 column 12",
        ),
    ),
    "rate-limited": (
        "429: too many requests; Retry-After in seconds.",
        json_error(429, "Rate limit exceeded", headers=_LIMITED),
        plain_error(429, "Too Many Requests! Wait for 60s", _GOVERNED, content_type=None),
    ),
    "quota-exceeded": (
        "429: the month's requests are used up.",
        json_error(429, "Monthly request quota exceeded"),
        json_error(429, "Monthly request quota exceeded"),
    ),
    "internal": (
        "500.",
        json_error(500, "Internal server error"),
        json_error(500, "the model did not answer", "LLM_ERROR"),
    ),
    "bad-gateway": (
        "502: an upstream failed.",
        json_error(502, "Bad gateway"),
        json_error(502, "upstream closed the connection", "EXTERNAL_SERVICE_ERROR"),
    ),
    "unavailable": (
        "503: overloaded; Retry-After in seconds.",
        json_error(503, "Service temporarily unavailable", headers=_RETRY),
        plain_error(503, "Service Unavailable", _RETRY),
    ),
}

NAMES: dict[str, str] = {name: row[0] for name, row in _TABLE.items()}


def _of_status(name: str) -> str:
    """The end of a message for who names a status, as 401 or by its reason phrase in any spelling."""
    phrases = {status.phrase.lower().replace(" ", "-"): status.value for status in HTTPStatus}
    near = difflib.get_close_matches(name.lower().replace("_", "-").replace(" ", "-"), phrases, n=1, cutoff=0.85)
    status = int(name) if name.isascii() and name.isdecimal() and len(name) == 3 else phrases[near[0]] if near else None
    names = [known for known, (_, docs, server) in _TABLE.items() if status in (docs.status, server.status)]
    return f"; of status {status} there {'is' if len(names) == 1 else 'are'} {', '.join(names)}" if names else ""


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, _TABLE, n=1)
    likest = sorted(_TABLE, key=lambda known: -difflib.SequenceMatcher(None, name, known).ratio())
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(likest)}"


def lookup(profile: Profile, name: str) -> HttpError:
    """The named error as the profile words it. Raises LookupError that names the nearest."""
    if name not in _TABLE:
        raise LookupError(f"no error is named {name!r}{_of_status(name) or _nearest(name)}")
    _, docs, server = _TABLE[name]
    return docs if profile.name == "docs" else server

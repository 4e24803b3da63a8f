from __future__ import annotations

import json

import pytest

from mock_ares.ares.errors import JSON, NAMES, PLAIN, HttpError, json_error, lookup, plain_error
from mock_ares.ares.profiles import PROFILES

DOCS, SERVER = PROFILES["docs"], PROFILES["server"]

# name: status and message of the pages; None where the pages are silent and the words are ours
IN_DOCS: dict[str, tuple[int, str]] = {
    "bad-request": (400, "Invalid JSON in request body"),
    "missing-field": (400, "Missing required field: message"),
    "missing-token": (401, "Missing authorization header"),
    "missing-key": (401, "Missing authorization header"),
    "invalid-key": (401, "Invalid API key"),
    "revoked-key": (401, "Invalid API key"),
    "agent-not-found": (404, "Agent not found: research"),
    "rate-limited": (429, "Rate limit exceeded"),
    "quota-exceeded": (429, "Monthly request quota exceeded"),
    "internal": (500, "Internal server error"),
}

UNAUTHORIZED = (401, '{"error":"Unauthorized"}', JSON)
DESERIALIZE = "Failed to deserialize the JSON body into the target type: "
ON_SERVER: dict[str, tuple[int, str, str | None]] = {
    "bad-request": (400, "Failed to parse the request body as JSON: expected value at line 1 column 1", PLAIN),
    "missing-field": (422, DESERIALIZE + "missing field `message` at line 1 column 2", PLAIN),
    "missing-token": UNAUTHORIZED,
    "malformed-token": UNAUTHORIZED,
    "bad-signature": UNAUTHORIZED,
    "expired-token": UNAUTHORIZED,
    "revoked-token": UNAUTHORIZED,
    "wrong-kind": UNAUTHORIZED,
    "missing-key": (401, '{"error":"Missing Authorization header"}', JSON),
    "malformed-header": (401, '{"error":"Invalid Authorization header"}', JSON),
    "bad-scheme": (401, '{"error":"Invalid Authorization format. Expected: Bearer ares_..."}', JSON),
    "wrong-key-format": (401, '{"error":"Invalid API key format. Must start with ares_"}', JSON),
    "invalid-key": (401, '{"error":"Invalid API key"}', JSON),
    "expired-key": (401, '{"error":"Invalid API key"}', JSON),
    "revoked-key": (401, '{"error":"Invalid API key"}', JSON),
    "not-found": (404, "", None),
    "agent-not-found": (404, '{"error":"Not implemented","code":"NOT_FOUND"}', JSON),
    "method-not-allowed": (405, "", None),
    "too-large": (413, "Failed to buffer the request body: length limit exceeded", PLAIN),
    "unsupported-media-type": (415, "Expected request with `Content-Type: application/json`", PLAIN),
    "unprocessable": (
        422,
        DESERIALIZE + "message: invalid type: integer `5`, expected a string at line 1 column 12",
        PLAIN,
    ),
    "rate-limited": (429, "Too Many Requests! Wait for 60s", None),
    "quota-exceeded": (429, '{"error":"Monthly request quota exceeded"}', JSON),
}


@pytest.mark.parametrize("name", IN_DOCS)
def test_what_the_pages_say(name: str) -> None:
    error = lookup(DOCS, name)
    assert (error.status, error.body.decode()) == (
        IN_DOCS[name][0],
        json.dumps({"error": IN_DOCS[name][1]}).replace(": ", ":", 1),
    )
    assert error.content_type == JSON


@pytest.mark.parametrize("name", ON_SERVER)
def test_what_the_source_does(name: str) -> None:
    error = lookup(SERVER, name)
    assert (error.status, error.body.decode(), error.content_type) == ON_SERVER[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_error_of_the_docs_is_an_object_with_a_message(name: str) -> None:
    error = lookup(DOCS, name)
    assert error.content_type == JSON
    jwt = name in {"malformed-token", "bad-signature", "expired-token", "revoked-token", "wrong-kind"}
    assert list(json.loads(error.body)) == (["error", "code"] if jwt else ["error"])
    assert NAMES[name].startswith(f"{error.status}")


@pytest.mark.parametrize("name", NAMES)
def test_the_codes_of_the_server(name: str) -> None:
    error = lookup(SERVER, name)
    codes = {403: "AUTHORIZATION_FAILED", 500: "LLM_ERROR", 502: "EXTERNAL_SERVICE_ERROR"}
    if error.content_type == JSON and error.status in codes:
        assert list(json.loads(error.body)) == ["error", "code"]
        assert json.loads(error.body)["code"] == codes[error.status]


def test_when_to_come_back() -> None:
    assert dict(lookup(DOCS, "rate-limited").headers) == {
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": "0",
        "retry-after": "60",
    }
    assert dict(lookup(SERVER, "rate-limited").headers) == {
        "x-ratelimit-after": "60",
        "retry-after": "60",
        "x-ratelimit-limit": "10",
        "x-ratelimit-remaining": "0",
    }
    for profile in (DOCS, SERVER):
        assert dict(lookup(profile, "unavailable").headers) == {"retry-after": "60"}


def test_a_name_that_is_none_names_the_nearest() -> None:
    with pytest.raises(LookupError, match=r"no error is named 'expired-tokens'; did you mean 'expired-token'\?"):
        lookup(DOCS, "expired-tokens")
    with pytest.raises(LookupError, match=r"there are .*bad-request.*, .*missing-field"):
        lookup(DOCS, "zzz")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("unauthorised", "; of status 401 there are missing-token, "),
        ("Unauthorized", "; of status 401 there are missing-token, "),
        ("401", "; of status 401 there are missing-token, "),
        ("too_many_requests", "; of status 429 there are rate-limited, "),
        ("299", "; there are "),
        ("token", "; there are "),
    ],
)
def test_who_names_a_status_is_told_its_errors(name: str, hint: str) -> None:
    with pytest.raises(LookupError) as refused:
        lookup(DOCS, name)
    assert f"no error is named {name!r}{hint}" in str(refused.value)


def test_where_all_are_told_the_likest_come_first() -> None:
    with pytest.raises(LookupError, match=r"; there are \S*token, \S*token"):
        lookup(DOCS, "token")


def test_keys_come_in_the_order_of_ares_and_text_goes_out_raw() -> None:
    assert json_error(400, 'é"', "X") == HttpError(400, (), '{"error":"é\\"","code":"X"}'.encode(), JSON)
    assert plain_error(400, "é").body == "é".encode()

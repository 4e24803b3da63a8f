"""Mutants that are right clients, too: by the line they change, a reason for each.

A row whose line has changed is told, and fails the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.mutation.changes import Change

BEYOND = "beyond: "
"""Begins the reason where the mutant is a wrong client, and the contract does not ask for what it gets wrong."""


@dataclass(frozen=True, slots=True)
class Equivalent:
    subject: str
    line: str
    """The line of the source, without the space around it."""
    what: str
    """The change; a ``*`` stands for anything."""
    why: str

    @property
    def beyond(self) -> bool:
        return self.why.startswith(BEYOND)

    def covers(self, subject: str, change: Change) -> bool:
        return (self.subject, self.line) == (subject, change.line) and fnmatchcase(change.what, self.what)


_NAMES = "names of fields have no case (RFC 9110 5.1)"
_TYPES = "media types have no case (RFC 9110 8.3.1)"
_WORDING = "how the report is worded"
_CALLERS = "an attribute of the error is for callers, and no check asks for one; tests/test_client.py does"
_STATUS_TELLS = "the status, which is told, will do for the report"
_NO_TYPE = "no type is no event stream either way"
_CODECS = "names of codecs have no case"
_CODINGS = "no coding is accepted either way"
_HTTPS = BEYOND + "the contract speaks clear text; tests/test_client.py asks for https"
_TLS = BEYOND + "mutants are put to the contract in clear text; tests/harness/test_over_tls.py asks over TLS"
_HTTP2 = BEYOND + "mutants are put to the contract by HTTP/1.1"
_LEFT_SPACE = "the HTTP library strips a field's value (RFC 9110 5.5)"
_SHOWN = "a client may show events of other types"
_EMPTY_PIECE = "an empty piece says nothing"
_EMPTY_IN_FRONT = "an empty line in front says nothing, so it may be passed over"
_COARSE = "time-outs are coarse: a second more or less is let pass"

_ROWS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("reference", "READ_BYTES = 65536", {"65536 is *": "any number of bytes reads the same"}),
    ("reference", "super().__init__(reason)", {"not called": "an exception keeps what it is made with"}),
    ("reference", "self.status, self.body = status, body", {"not assigned": _CALLERS}),
    (
        "reference",
        "while self.status < 200:  # RFC 9110 15.2",
        {"200 is 199": "no interim response has the status 199"},
    ),
    (
        "reference",
        'raise AresError(f"{type(error).__name__}: {error}") from error',
        {"': ' is *": _WORDING, "*argument 1*": _WORDING},
    ),
    (
        "reference",
        'connection = (SecureConnection if parts.scheme == "https" else HTTPConnection)(parts.netloc, timeout=timeout)',
        {"'https' is *": _HTTPS, "condition False": _HTTPS},
    ),
    ("reference", "HTTPConnection.connect(self)", {"*": _TLS}),
    ("reference", "context = ssl.create_default_context()", {"*": _TLS}),
    ("reference", 'context.set_alpn_protocols(["http/1.1"])', {"*": _TLS}),
    (
        "reference",
        "self.sock = context.wrap_socket(self.sock, server_hostname=self.host, suppress_ragged_eofs=False)",
        {"*": _TLS},
    ),
    (
        "reference",
        'fields = {"Accept": "text/event-stream", "Accept-Encoding": "gzip", "Content-Type": "application/json"}',
        {
            "'Accept' is 'aCCEPT'": _NAMES,
            "'Accept-Encoding' is 'aCCEPT-eNCODING'": _NAMES,
            "'Accept-Encoding' is 'xAccept-Encodingx'": "http.client accepts identity then, and is sent no gzip",
            "'Content-Type' is 'cONTENT-tYPE'": _NAMES,
            "'text/event-stream' is 'TEXT/EVENT-STREAM'": _TYPES,
            "'application/json' is 'APPLICATION/JSON'": _TYPES,
            "'gzip' is *": "a client need not accept gzip, and then it is sent none",
        },
    ),
    (
        "reference",
        'target = urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl()',
        {
            "without scheme": BEYOND + "a server takes an absolute URL for a target, too (RFC 9112 3.2.2)",
            "without fragment": BEYOND
            + "no check gives a client an address with a fragment; tests/test_client.py does",
        },
    ),
    (
        "reference",
        'connection.request("POST", target, request, {**fields, "Authorization": f"Bearer {token}"})',
        {"'Authorization' is 'aUTHORIZATION'": _NAMES},
    ),
    (
        "reference",
        'kind = response.headers.get("content-type", "").split(";")[0].strip().lower()',
        {
            "'' is 'x'": _NO_TYPE,
            "without argument 2": _NO_TYPE,
            "'content-type' is 'CONTENT-TYPE'": _NAMES,
            "strip is rstrip": _LEFT_SPACE,
            "split is rsplit": "the first part is the same from either side",
        },
    ),
    ("reference", 'said = b""', {"*": _CALLERS}),
    (
        "reference",
        "said = response.read1(READ_BYTES)",
        {
            "not assigned": _CALLERS,
            "assigned None": _CALLERS,
            "without argument 1": "any number of bytes reads the same",
        },
    ),
    (
        "reference",
        "reason = f\"HTTP {response.status}, content type {kind or 'missing'}\"",
        {"'*' is *": _WORDING, "*operand*": _WORDING, "Or is And": _WORDING},
    ),
    (
        "reference",
        'raise AresError(reason, response.status, str(said, "utf-8", "replace"))',
        {
            "without argument 1": "the report is the status alone then",
            "argument 2 is None": _CALLERS,
            "without argument 2": _CALLERS,
            "argument 3 is None": _CALLERS,
            "without argument 3": _CALLERS,
            "'utf-8' is 'UTF-8'": _CODECS,
        },
    ),
    (
        "reference",
        'received = iter(lambda: response.read1(READ_BYTES), b"")',
        {"without argument 1": "any number of bytes reads the same"},
    ),
    (
        "reference",
        'yield from unzipped(received) if response.headers.get("content-encoding", "").lower() == "gzip" else received',
        {"'' is 'x'": "x is no more gzip than nothing", "'content-encoding' is 'CONTENT-ENCODING'": _NAMES},
    ),
    (
        "reference",
        'raise AresError(f"the connection was closed {response.length} bytes too soon")',
        {"'*' is *": _WORDING, "*argument 1*": _WORDING},
    ),
    ("reference", "unzip = zlib.decompressobj(wbits=31)", {"31 is 32": "at 32 zlib takes gzip as well"}),
    (
        "reference",
        "if not unzip.eof or unzip.unused_data:",
        {"without operand 2": "what is behind a gzip stream may be passed over"},
    ),
    (
        "reference",
        'raise AresError("the gzip stream does not end with the body")',
        {"'*' is *": _WORDING, "*argument 1*": _WORDING},
    ),
    (
        "reference",
        'return map(codecs.getincrementaldecoder("utf-8-sig")("replace").decode, received)',
        {"'utf-8-sig' is 'UTF-8-SIG'": _CODECS},
    ),
    ("reference", "unfinished, after_cr = list[str](), False", {"False is True": _EMPTY_IN_FRONT}),
    ("reference", "unfinished.append(rest)", {"append is extend": "its characters, joined, are the same"}),
    ("reference", 'kind = value.removeprefix(" ")', {"*": _SHOWN}),
    ("reference", 'if data and kind in ("", "message"):', {"without operand 2": _SHOWN}),
    ("reference", 'raise AresError(f"the server says: {reason}")', {"'*' is *": _WORDING}),
    (
        "reference",
        'raise AresError("the reply lacks its end record")',
        {"'*' is *": _WORDING, "*argument 1*": _WORDING},
    ),
    ("node", "const SILENCE_MS = 4_000;", {"*": _COARSE}),
    (
        "node",
        "timer = setTimeout(() => stop.abort(new Error(`no byte for ${SILENCE_MS} ms`)), SILENCE_MS);",
        {"`* is ``": _WORDING},
    ),
    ("node", 'method: "POST",', {'"POST" is "post"': "fetch writes it in capitals"}),
    ("node", 'Accept: "text/event-stream",', {'* is "TEXT/EVENT-STREAM"': _TYPES}),
    (
        "node",
        '"Accept-Encoding": "identity", // Node\'s fetch takes a gzip body that was cut off for a whole one',
        {'* is "aCCEPT-eNCODING"': _NAMES, '"identity" is *': _CODINGS},
    ),
    (
        "node",
        '"Content-Type": "application/json",',
        {'* is "cONTENT-tYPE"': _NAMES, '* is "APPLICATION/JSON"': _TYPES},
    ),
    (
        "node",
        "const value = (await reads?.read().catch(() => undefined))?.value; // the status says enough",
        {"await is gone": _STATUS_TELLS},
    ),
    (
        "node",
        'const excerpt = value ? new TextDecoder().decode(value.subarray(0, 300)) : "";',
        {
            "*00 is *": "how much of an error's body the report holds",
            "0 is *": _STATUS_TELLS,
            '"" is "x"': _STATUS_TELLS,
            "value is false": _STATUS_TELLS,
        },
    ),
    (
        "node",
        'const type = (response.headers.get("content-type") ?? "none").split(";")[0].trim();',
        {'"none" is *': _NO_TYPE, '"content-type" is "CONTENT-TYPE"': _NAMES, "trim is trimEnd": _LEFT_SPACE},
    ),
    ("node", 'const [field] = line.split(":", 1);', {"1 is 2": "the first part alone is looked at"}),
    (
        "node",
        'if (data.length > 0) yield data.join("\\n");',
        {"> is >=": _EMPTY_PIECE, "0 is -1": _EMPTY_PIECE, "data.length > 0 is true": _EMPTY_PIECE},
    ),
    ("node", 'const value = line.slice("data:".length);', {'* is "DATA:"': "it is as long"}),
    ("node", "#afterCR = false;", {"false is true": _EMPTY_IN_FRONT}),
    (
        "node",
        'if (text === "") return;',
        {'text === "" is false': "what decodes to nothing is half a character, and behind a CR no LF"},
    ),
    (
        "node",
        'if (unfinished !== "") this.#unfinished.push(unfinished);',
        {'unfinished !== "" is true': "nothing is pushed, or an empty text"},
    ),
    (
        "httpx",
        "TIMEOUT = httpx.Timeout(30, read=4)  # seconds; read is the longest silence between two bytes, 5 by default",
        {
            "30 is *": "no connection of the contract takes a second",
            "4 is *": _COARSE,
        },
    ),
    (
        "httpx",
        "TLS = httpx.create_ssl_context()  # once: reading the certificates takes longer than most requests",
        {"assigned None": BEYOND + "the contract speaks clear text"},
    ),
    (
        "httpx",
        'self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")  # one BOM is dropped, half characters wait',
        {"* is 'UTF-8-SIG'": _CODECS},
    ),
    ("httpx", "self._after_cr = False", {"False is True": _EMPTY_IN_FRONT, "assigned None": "None is as false"}),
    ("httpx", "if not line and self._data:", {"without operand 2": _EMPTY_PIECE}),
    ("httpx", "if unfinished:", {"condition True": "nothing is appended, or an empty text"}),
    (
        "httpx",
        "self._unfinished_line.append(unfinished)",
        {"append is extend": "its characters, joined, are the same"},
    ),
    ("httpx", '"Accept": "text/event-stream",', {"* is 'aCCEPT'": _NAMES, "* is 'TEXT/EVENT-STREAM'": _TYPES}),
    (
        "httpx",
        '"Accept-Encoding": "identity",  # httpx takes a gzip body that was cut off for a whole one',
        {"* is 'aCCEPT-eNCODING'": _NAMES, "'identity' is *": _CODINGS},
    ),
    ("httpx", '"Authorization": f"Bearer {token}",', {"* is 'aUTHORIZATION'": _NAMES}),
    (
        "httpx",
        'HTTP = {"http1": False, "http2": True} if os.environ.get("ARES_HTTP_VERSION") == "2" else {}',
        {"*": _HTTP2},
    ),
    (
        "httpx",
        "httpx.AsyncClient(timeout=TIMEOUT, verify=TLS, **HTTP) as http,",
        {
            "without verify": "certificates are read for each request then, and verified all the same",
            "without timeout": "five seconds by default, and time-outs are coarse",
            "without None": _HTTP2,
        },
    ),
    (
        "httpx",
        'http.stream("POST", url + path, headers=headers, json={"message": message}) as response,',
        {"'POST' is 'post'": "httpx writes it in capitals"},
    ),
    ("httpx", 'excerpt = b""', {"b'' is b'x'": _STATUS_TELLS}),
    (
        "httpx",
        'excerpt = await anext(response.aiter_bytes(300), b"")',
        {
            "300 is *": "how much of an error's body the report holds",
            "without argument 1": "how much of an error's body the report holds",
            "b'' is b'x'": _STATUS_TELLS,
            "not assigned": _STATUS_TELLS,
        },
    ),
    (
        "httpx",
        "raise AnswerError(f\"HTTP {response.status_code}: {excerpt.decode(errors='replace')}\")",
        {"'HTTP ' is *": _WORDING, "': ' is *": _WORDING},
    ),
    (
        "httpx",
        'media_type = response.headers.get("content-type", "none").split(";")[0].strip()',
        {
            "'none' is *": _NO_TYPE,
            "without argument 2": _NO_TYPE,
            "'content-type' is 'CONTENT-TYPE'": _NAMES,
            "strip is rstrip": _LEFT_SPACE,
            "split is rsplit": "the first part is the same from either side",
        },
    ),
    (
        "httpx",
        'raise AnswerError(f"content type {media_type}, expected text/event-stream")',
        {"'*' is *": _WORDING},
    ),
)

EQUIVALENTS: tuple[Equivalent, ...] = tuple(
    Equivalent(subject, line, what, why) for subject, line, changes in _ROWS for what, why in changes.items()
)


def stale(subject: str, made: list[Change]) -> list[Equivalent]:
    """Those that are about no mutant any more."""
    return [
        row for row in EQUIVALENTS if row.subject == subject and not any(row.covers(subject, each) for each in made)
    ]

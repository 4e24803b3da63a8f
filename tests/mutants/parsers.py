"""Single-bug parsers: a right client with one thing of it written wrong, and the checks whose fixed examples say so.

A row is a replacement in the source of the client (``mock_ares/client.py``), or of the stages that read HTTP by
themselves (``tests/mutants/base.py``). What it replaces must stand there exactly once, so that no row outlives what it
is about. The checks are those whose fixed examples alone tell the bug: so a quick check tells it whatever its seed.

``python -m tests.mutants.parsers`` puts each to the fixed examples of all checks and prints which of them fail it.
"""

from __future__ import annotations

import argparse
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from mock_ares import client
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import DialectName
from tests.mutants import base

Source = Literal["client", "stages"]
SOURCES: dict[Source, types.ModuleType] = {"client": client, "stages": base}
CAPABILITIES = ("incremental", "cancel", "v1", "timeout=15")


class StaleRowError(Exception):
    """A row replaces what does not stand in the source, or stands there more than once."""


@dataclass(frozen=True, slots=True)
class Parser:
    name: str
    right: str
    wrong: str
    told_by: tuple[str, ...]
    dialect: DialectName = "text"
    source: Source = "client"

    @property
    def breaks_all(self) -> bool:
        """Whether no stream at all comes through."""
        return self.name in _BREAK_ALL

    def stream_chat(self) -> Callable[..., Any]:
        """The client with the bug in it. Raises StaleRowError."""
        whole = Path(str(SOURCES[self.source].__file__)).read_text(encoding="utf-8")
        if whole.count(self.right) != 1:
            raise StaleRowError(f"{self.name}: {self.right!r} stands {whole.count(self.right)} times in {self.source}")
        module = types.ModuleType(f"single_bug_{self.name.replace('-', '_')}")
        sys.modules[module.__name__] = module  # where data classes and pickles look for it
        exec(compile(whole.replace(self.right, self.wrong), self.name, "exec"), module.__dict__)
        if self.source == "stages":
            kind = {"text": module.Right, "typed": module.Typed, "delta": module.Delta}[self.dialect]
            found: Callable[..., Any] = kind().stream_chat
            return found
        return partial(module.stream_chat, timeout=15.0, dialect=self.dialect)


def wrong(
    name: str, right: str, wrong: str, told_by: str, dialect: DialectName = "text", source: Source = "client"
) -> Parser:
    return Parser(name, right, wrong, tuple(told_by.split()), dialect, source)


def stages(name: str, right: str, bug: str, told_by: str, dialect: DialectName = "text") -> Parser:
    return wrong(name, right, bug, told_by, dialect, "stages")


_UTF8 = 'codecs.getincrementaldecoder("utf-8-sig")("replace").decode'
_DECODED = f"return map({_UTF8}, received)"
_LINE_END = r're.compile(r"\r\n|\r|\n")'
_TYPE = 'response.headers.get("content-type", "").split(";")[0].strip().lower()'
_TAKEN = 'if response.status == 200 and kind == "text/event-stream":'
_CARRY = 'rest_of_crlf, after_cr = after_cr and some[0] == "\\n", some[-1] == "\\r"'
_FIELD = 'field, _, value = line.partition(":")'
_APPEND = 'data.append(value.removeprefix(" "))'
_YIELD = 'yield "\\n".join(data)'
_LINE = 'yield "".join([*unfinished, end])'
_RECORD = "match record := json.loads(data):"
_PIECE = 'case {"delta": str(piece)} | {"event": "token", "content": str(piece)}:'
_ASKED = '{"Accept": "text/event-stream", "Accept-Encoding": "gzip", "Content-Type": "application/json"}'
_SIZE = 'found = re.fullmatch(rb"([0-9A-Fa-f]+)[ \\t]*(?:;.*)?", line)'

_BREAK_ALL = frozenset({"no-bearer", "puts", "says-everything-twice", "a-space-behind-each"})

PARSERS: tuple[Parser, ...] = (
    # Characters
    wrong("decodes-latin-1", _UTF8, 'codecs.getincrementaldecoder("latin-1")("replace").decode', "text-unicode"),
    wrong("decodes-windows", _UTF8, 'codecs.getincrementaldecoder("cp1252")("replace").decode', "text-unicode"),
    wrong("decodes-ascii", _UTF8, 'codecs.getincrementaldecoder("ascii")("replace").decode', "text-unicode"),
    wrong("decodes-read-by-read", _DECODED, 'return (r.decode("utf-8-sig", "replace") for r in received)', "read-utf8"),
    wrong("decodes-strictly", '("utf-8-sig")("replace")', '("utf-8-sig")("strict")', "bad-utf8"),
    wrong("drops-bad-bytes", '("utf-8-sig")("replace")', '("utf-8-sig")("ignore")', "bad-utf8"),
    wrong("escapes-bad-bytes", '("utf-8-sig")("replace")', '("utf-8-sig")("backslashreplace")', "bad-utf8"),
    wrong("keeps-the-mark", '("utf-8-sig")("replace")', '("utf-8")("replace")', "bom"),
    wrong("takes-every-mark", _DECODED, f"return (t.replace('\\ufeff', '') for t in map({_UTF8}, received))", "bom"),
    wrong(
        "takes-the-mark-of-a-whole-read",
        _DECODED,
        'decode = codecs.getincrementaldecoder("utf-8")("replace").decode\n'
        "    return (decode(r.removeprefix(b'\\xef\\xbb\\xbf') if not i else r) for i, r in enumerate(received))",
        "bom",
    ),
    wrong(
        "takes-the-mark-of-each-line", _FIELD, 'field, _, value = line.removeprefix("\\ufeff").partition(":")', "bom"
    ),
    wrong(
        "takes-all-marks-in-front",
        _DECODED,
        f"t = map({_UTF8}, received)\n    return (x.lstrip('\\ufeff') if not i "
        "else x for i, x in enumerate(filter(None, t)))",
        "bom",
    ),
    wrong(
        "skips-astral-characters",
        _YIELD,
        'yield "".join(c for c in "\\n".join(data) if ord(c) < 65536)',
        "text-unicode",
    ),
    wrong("strips-colours", _YIELD, 'yield re.sub("\x1b\\[[0-9;]*m", "", "\\n".join(data))', "text-lookalikes"),
    wrong(
        "strips-controls", _YIELD, 'yield "\\n".join(data).translate({7: None, 8: None, 127: None})', "text-lookalikes"
    ),
    wrong("strips-thoughts", _YIELD, 'yield "\\n".join(data).replace("<think>", "")', "text-lookalikes"),
    wrong("sets-an-ellipsis", _YIELD, 'yield "\\n".join(data).replace("...", "\u2026")', "text-lookalikes"),
    wrong("unquotes-a-string", _YIELD, "yield re.sub('^\"(.*)\"$', r'\\1', '\\n'.join(data))", "text-lookalikes"),
    wrong("drops-pings", _YIELD, 'yield re.sub("^(ping|heartbeat)$", "", "\\n".join(data))', "text-lookalikes"),
    wrong("folds-percents", _YIELD, 'yield "\\n".join(data).replace("%%", "%")', "text-lookalikes"),
    wrong(
        "drops-a-long-repeat",
        _YIELD,
        'now = "\\n".join(data)\n                '
        'if len(now) < 9 or now != locals().get("last"):\n                    yield now\n                last = now',
        "text-lookalikes",
    ),
    wrong(
        "takes-a-beginning-for-all-so-far",
        _YIELD,
        'now, last = "\\n".join(data), locals().get("last", "")\n                '
        "yield now[len(last) if len(last) > 3 and now.startswith(last) else 0:]\n                last += now",
        "text-lookalikes",
    ),
    wrong(
        "strips-tag-characters",
        _YIELD,
        'yield "\\n".join(data).translate(dict.fromkeys(range(0xE0000, 0xE0080)))',
        "text-unicode",
    ),
    wrong(
        "strips-directions",
        _YIELD,
        'yield "\\n".join(data).translate(dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))',
        "text-unicode",
    ),
    wrong(
        "composes", _YIELD, 'import unicodedata; yield unicodedata.normalize("NFC", "\\n".join(data))', "text-unicode"
    ),
    wrong(
        "compatible-characters",
        _YIELD,
        'import unicodedata; yield unicodedata.normalize("NFKC", "\\n".join(data))',
        "text-unicode",
    ),
    wrong("drops-nul", _YIELD, 'yield "\\n".join(data).replace("\\0", "")', "text-nul"),
    wrong("stops-at-nul", _YIELD, 'yield "\\n".join(data).split("\\0")[0]', "text-nul"),
    wrong(
        "drops-controls",
        _YIELD,
        'yield "".join(c for c in "\\n".join(data) if c >= " " or c == "\\n")',
        "text-nul text-separators",
    ),
    # Lines
    wrong("lf-only", _LINE_END, r're.compile(r"\n")', "eol-crlf eol-cr"),
    wrong("no-bare-cr", _LINE_END, r're.compile(r"\r\n|\n")', "eol-cr"),
    wrong("no-bare-lf-behind-cr", _LINE_END, r're.compile(r"\r(?!\n)|\n")', "eol-crlf"),
    wrong("crlf-is-two", _LINE_END, r're.compile(r"[\r\n]")', "eol-crlf"),
    wrong("lf-cr-is-one", _LINE_END, r're.compile(r"\n\r|\r\n|\r|\n")', "eol-mixed"),
    wrong("runs-of-line-ends-are-one", _LINE_END, r're.compile(r"[\r\n]+")', "chunk-split"),
    wrong("vertical-tab-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\x0b")', "text-separators"),
    wrong("form-feed-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\x0c")', "text-separators"),
    wrong("file-separator-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\x1c")', "text-separators"),
    wrong("record-separator-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\x1e")', "text-separators"),
    wrong("next-line-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\x85")', "text-separators"),
    wrong("line-separator-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\u2028")', "text-separators"),
    wrong("paragraph-separator-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\u2029")', "text-separators"),
    wrong("nul-ends-lines", _LINE_END, r're.compile(r"\r\n|\r|\n|\x00")', "text-nul"),
    wrong("forgets-cr-between-reads", _CARRY, "rest_of_crlf, after_cr = False, False", "read-crlf"),
    wrong("every-first-lf-is-half", _CARRY, 'rest_of_crlf, after_cr = some[0] == "\\n", False', "read-line"),
    wrong(
        "remembers-cr-for-ever",
        _CARRY,
        'rest_of_crlf, after_cr = after_cr and some[0] == "\\n", after_cr or some[-1] == "\\r"',
        "read-crlf",
    ),
    wrong("half-crlf-loses-a-character", "some[rest_of_crlf:]", "some[after_cr and not rest_of_crlf:]", "read-crlf"),
    wrong("unfinished-line-is-lost", _LINE, "yield end", "read-line"),
    wrong("unfinished-line-stays", "            unfinished.clear()\n", "", "read-line"),
    wrong("last-read-only", "unfinished.append(rest)", "unfinished[:] = [rest]", "read-bytes"),
    wrong(
        "first-read-only",
        "unfinished.append(rest)",
        "unfinished.append(rest) if not unfinished else None",
        "read-bytes",
    ),
    wrong("a-read-ends-a-line", "unfinished.append(rest)", "yield from [rest] if rest else []", "read-line"),
    wrong("lines-are-trimmed", _LINE, 'yield "".join([*unfinished, end]).strip()', "chunk-spaces"),
    wrong("lines-are-trimmed-right", _LINE, 'yield "".join([*unfinished, end]).rstrip()', "chunk-spaces"),
    wrong("lines-are-trimmed-left", _LINE, 'yield "".join([*unfinished, end]).lstrip()', "fields"),
    wrong("lines-of-1024", _LINE, 'yield "".join([*unfinished, end])[:1024]', "long-line"),
    wrong("lines-of-4096", _LINE, 'yield "".join([*unfinished, end])[:4096]', "long-line"),
    wrong("lines-of-64k", _LINE, 'yield "".join([*unfinished, end])[:65536]', "long-line"),
    wrong(
        "long-lines-are-skipped",
        _LINE,
        'yield line if len(line := "".join([*unfinished, end])) < 8192 else ":"',
        "long-line",
    ),
    wrong("64-lines-of-a-read", "for end in ended:", "for end in ended[:128]:", "read-whole"),
    wrong("first-event-of-a-read", "for end in ended:", "for end in ended[:2]:", "read-whole"),
    wrong("last-event-of-a-read", "for end in ended:", "for end in ended[-2:]:", "read-whole"),
    # Fields
    wrong("the-space-is-the-formats", _FIELD, 'field, _, value = line.partition(": ")', "no-space"),
    wrong("one-character-behind-the-colon", _APPEND, "data.append(value[1:])", "no-space"),
    wrong("keeps-the-space", _APPEND, "data.append(value)", "chunk-split"),
    wrong("takes-all-spaces", _APPEND, 'data.append(value.lstrip(" "))', "chunk-spaces"),
    wrong("takes-spaces-behind", _APPEND, 'data.append(value.removeprefix(" ").rstrip(" "))', "chunk-spaces"),
    wrong("takes-a-tab", _APPEND, 'data.append(value.removeprefix(" ").removeprefix("\\t"))', "chunk-spaces"),
    wrong("takes-a-tab-behind", _APPEND, 'data.append(value.removeprefix(" ").rstrip("\\t"))', "chunk-spaces"),
    wrong("takes-wide-spaces", _APPEND, 'data.append(value.removeprefix(" ").strip("\\xa0\\u3000"))', "text-unicode"),
    wrong(
        "takes-a-tab-for-the-space",
        _APPEND,
        'data.append(value[1:] if value[:1] in (" ", "\\t") else value)',
        "no-space",
    ),
    wrong("splits-at-the-last-colon", _FIELD, 'field, _, value = line.rpartition(":")', "text-lookalikes"),
    wrong("splits-at-each-colon", _FIELD, 'field, value = (line.split(":") + [""])[:2]', "text-lookalikes"),
    wrong(
        "cuts-every-prefix", _APPEND, 'data.append(value.removeprefix(" ").replace("data: ", ""))', "text-lookalikes"
    ),
    wrong(
        "decodes-percents",
        _APPEND,
        'import urllib.parse; data.append(urllib.parse.unquote(value.removeprefix(" ")))',
        "text-lookalikes",
    ),
    wrong(
        "decodes-entities",
        _APPEND,
        'import html; data.append(html.unescape(value.removeprefix(" ")))',
        "text-lookalikes",
    ),
    wrong(
        "decodes-escapes", _APPEND, 'data.append(value.removeprefix(" ").replace("\\\\n", "\\n"))', "text-lookalikes"
    ),
    wrong("unquotes", _APPEND, "data.append(value.removeprefix(' ').strip('\"'))", "text-lookalikes"),
    wrong(
        "stops-at-done",
        '        if field == "data":',
        '        if line == "data: [DONE]":\n            return\n        if field == "data":',
        "text-lookalikes",
    ),
    wrong("null-is-nothing", _YIELD, 'yield "" if data == ["null"] else "\\n".join(data)', "text-lookalikes"),
    wrong("zero-is-nothing", _YIELD, 'yield "" if data == ["0"] else "\\n".join(data)', "text-lookalikes"),
    wrong("needs-a-colon", 'if field == "data":', 'if field == "data" and ":" in line:', "no-colon"),
    wrong("dies-without-a-colon", _FIELD, 'field, value = line.split(":", 1) if line else ("", "")', "no-colon fields"),
    wrong("names-in-any-case", 'if field == "data":', 'if field.lower() == "data":', "fields"),
    wrong("names-end-in-tabs", 'if field == "data":', 'if field.rstrip("\t") == "data":', "fields"),
    wrong("a-form-feed-is-blank", "elif not line:", 'elif not line.strip("\x0b\x0c"):', "fields"),
    wrong(
        "names-are-attributes",
        'if field == "data":',
        'if field.startswith("__"):\n            raise AresError(field)\n        if field == "data":',
        "fields",
    ),
    wrong("names-are-trimmed", 'if field == "data":', 'if field.strip() == "data":', "fields"),
    wrong("names-begin-with-data", 'if field == "data":', 'if field.startswith("data"):', "fields"),
    wrong("names-end-with-data", 'if field == "data":', 'if field.endswith("data"):', "fields"),
    wrong("names-end-at-nul", 'if field == "data":', 'if field.split("\\0")[0] == "data":', "fields"),
    wrong(
        "nul-in-a-name-is-an-error",
        _FIELD,
        _FIELD + '\n        if "\\0" in field:\n            raise AresError("NUL")',
        "fields",
    ),
    wrong(
        "nul-in-an-id-is-an-error",
        _FIELD,
        _FIELD + '\n        if field == "id" and "\\0" in value:\n            raise AresError("NUL")',
        "fields",
    ),
    wrong(
        "nul-in-an-id-drops-the-event",
        'elif field == "event":',
        'elif field == "id" and "\\0" in value:\n            kind = "nul"\n        elif field == "event":',
        "fields",
    ),
    wrong("comments-are-data", 'if field == "data":', 'if field in ("data", ""): ', "comments"),
    wrong(
        "comments-are-errors",
        _FIELD,
        _FIELD + '\n        if line and not field:\n            raise AresError("?")',
        "comments",
    ),
    wrong(
        "a-comment-alone-is-an-error",
        _FIELD,
        _FIELD + '\n        if line == ":":\n            raise AresError("?")',
        "comments",
    ),
    wrong(
        "unknown-fields-are-errors",
        "elif not line:",
        'elif field not in ("", "id", "retry"):\n            raise AresError("?")\n        elif not line:',
        "fields",
    ),
    wrong("unknown-fields-are-data", 'if field == "data":', 'if field not in ("", "id", "retry", "event"):', "fields"),
    wrong(
        "retry-is-a-number",
        "elif not line:",
        'elif field == "retry" and int(value) is None:\n            pass\n        elif not line:',
        "fields",
    ),
    wrong(
        "an-id-begins-anew",
        'elif field == "event":',
        'elif field == "id":\n            data = []\n        elif field == "event":',
        "fields",
    ),
    wrong(
        "retry-ends-the-stream",
        "elif not line:",
        'elif field == "retry":\n            return\n        elif not line:',
        "fields",
    ),
    wrong("event-fields-begin-anew", 'kind = value.removeprefix(" ")', "data, kind = [], value.strip()", "fields"),
    # Events
    wrong("any-line-ends-the-event", "elif not line:", "else:", "comments"),
    wrong("spaces-are-an-empty-line", "elif not line:", "elif not line.strip():", "fields"),
    wrong("a-comment-ends-the-event", "elif not line:", 'elif not line or line[0] == ":":', "comments"),
    wrong("an-id-ends-the-event", "elif not line:", 'elif not line or field == "id":', "fields"),
    wrong("each-line-is-an-event", _APPEND, f"{_APPEND}\n            yield data.pop()", "text-newlines"),
    wrong("joins-with-nothing", _YIELD, 'yield "".join(data)', "text-newlines"),
    wrong("joins-with-a-space", _YIELD, 'yield " ".join(data)', "text-newlines"),
    wrong("joins-with-crlf", _YIELD, 'yield "\\r\\n".join(data)', "text-newlines"),
    wrong("keeps-the-last-line", _YIELD, "yield data[-1]", "text-newlines"),
    wrong("keeps-the-first-line", _YIELD, "yield data[0]", "text-newlines"),
    wrong("ends-in-a-newline", _YIELD, 'yield "\\n".join([*data, ""])', "chunk-split"),
    wrong("loses-the-last-newline", _YIELD, 'yield "\\n".join(data).removesuffix("\\n")', "text-newlines"),
    wrong("loses-the-first-newline", _YIELD, 'yield "\\n".join(data).removeprefix("\\n")', "text-newlines"),
    wrong("empty-lines-of-data-are-lost", _YIELD, 'yield "\\n".join(filter(None, data))', "text-newlines"),
    wrong("trims-events", _YIELD, 'yield "\\n".join(data).strip()', "chunk-spaces"),
    wrong(
        "empty-events-are-newlines",
        "            if data and kind",
        '            if not data:\n                yield "\\n"\n            if data and kind',
        "comments",
    ),
    wrong(
        "an-empty-event-ends-it",
        "            if data and kind",
        "            if not data:\n                return\n            if data and kind",
        "comments",
    ),
    wrong(
        "an-empty-line-more-ends-it",
        'data, kind = list[str](), ""\n    for line in cut:\n',
        'data, kind, before = list[str](), "", "x"\n    for line in cut:\n        if not line and not before:\n'
        "            return\n        before = line\n",
        "blank-lines",
    ),
    wrong(
        "an-empty-line-more-is-an-error",
        'data, kind = list[str](), ""\n    for line in cut:\n',
        'data, kind, before = list[str](), "", ""\n    for line in cut:\n        if not line and not before:\n'
        '            raise AresError("?")\n        before = line\n',
        "blank-lines",
    ),
    wrong(
        "an-empty-line-more-is-a-newline",
        'data, kind = list[str](), ""\n    for line in cut:\n',
        'data, kind, before = list[str](), "", "x"\n    for line in cut:\n        if not line and not before:\n'
        '            yield "\\n"\n        before = line\n',
        "blank-lines",
    ),
    wrong(
        "empty-data-ends-it",
        _YIELD,
        f'if data == [""]:\n                    return\n                {_YIELD}',
        "chunk-empty",
    ),
    wrong("empty-data-is-a-newline", _YIELD, 'yield "\\n".join(data) or "\\n"', "chunk-empty"),
    wrong(
        "an-empty-type-is-one", 'kind = value.removeprefix(" ")', 'kind = value.removeprefix(" ") or "none"', "fields"
    ),
    wrong("message-is-another-type", 'kind in ("", "message")', 'kind in ("",)', "fields"),
    wrong("types-stay", 'data, kind = [], ""', "data = []", "event-type"),
    wrong("types-wait-for-data", 'data, kind = [], ""', 'data, kind = [], "" if data else kind', "event-type"),
    wrong(
        "a-type-ends-it",
        "elif not line:",
        'elif not line:\n            if kind in ("done", "end", "close"):\n                return',
        "event-type",
    ),
    wrong(
        "other-types-are-errors",
        "if data and kind in",
        'if kind not in ("", "message"):\n                raise AresError("?")\n            if data and kind in',
        "event-type",
    ),
    wrong(
        "other-types-end-it",
        "if data and kind in",
        'if kind not in ("", "message"):\n                return\n            if data and kind in',
        "event-type",
    ),
    wrong(
        "data-of-other-types-stays",
        'data, kind = [], ""',
        'data, kind = data if kind not in ("", "message") else [], ""',
        "event-type",
    ),
    wrong(
        "says-everything-twice",
        "            yield data\n            continue",
        "            yield data * 2\n            continue",
        "plain",
    ),
    wrong(
        "a-space-behind-each",
        "            yield data\n            continue",
        '            yield data + " "\n            continue',
        "plain",
    ),
    wrong(
        "repeated-text-is-dropped",
        "            yield data\n            continue",
        '            if data != locals().get("last"):\n                yield (last := data)\n            continue',
        "chunk-split",
    ),
    # Status, type and coding
    wrong("any-status", _TAKEN, 'if kind == "text/event-stream":', "status other-2xx"),
    wrong("any-2xx", _TAKEN, 'if 200 <= response.status < 300 and kind == "text/event-stream":', "other-2xx"),
    wrong("201-is-as-good", _TAKEN, 'if response.status in (200, 201) and kind == "text/event-stream":', "other-2xx"),
    wrong("210-is-as-good", _TAKEN, 'if response.status in (200, 210) and kind == "text/event-stream":', "other-2xx"),
    wrong("204-is-an-empty-answer", _TAKEN, "if response.status == 204:\n        return\n    " + _TAKEN, "other-2xx"),
    wrong(
        "300s-are-empty-answers", _TAKEN, "if 300 <= response.status < 400:\n        return\n    " + _TAKEN, "redirect"
    ),
    wrong("304-is-an-empty-answer", _TAKEN, "if response.status == 304:\n        return\n    " + _TAKEN, "redirect"),
    wrong("302-is-an-empty-answer", _TAKEN, "if response.status == 302:\n        return\n    " + _TAKEN, "redirect"),
    wrong(
        "no-location-no-redirect",
        _TAKEN,
        "if 300 <= response.status < 400 and 'location' not in response.headers:\n        return\n    " + _TAKEN,
        "redirect",
    ),
    wrong("only-500s-are-errors", _TAKEN, "if 400 <= response.status < 500:\n        return\n    " + _TAKEN, "status"),
    wrong("only-400s-are-errors", _TAKEN, "if response.status >= 500:\n        return\n    " + _TAKEN, "status"),
    wrong("429-is-an-empty-answer", _TAKEN, "if response.status == 429:\n        return\n    " + _TAKEN, "status"),
    wrong(
        "the-error-is-the-answer",
        '    said = b""\n',
        "    yield_ = response.status\n    if yield_ >= 400:\n        "
        'response.status = 200\n        return\n    said = b""\n',
        "status",
    ),
    wrong(
        "the-status-is-not-told",
        'raise AresError(reason, response.status, str(said, "utf-8", "replace"))',
        'raise AresError("Something went wrong")',
        "error-detail",
    ),
    wrong("any-type", _TAKEN, "if response.status == 200:", "not-sse"),
    wrong("any-text", _TAKEN, 'if response.status == 200 and kind.startswith("text/"):', "not-sse"),
    wrong("no-type-will-do", _TAKEN, 'if response.status == 200 and kind in ("text/event-stream", ""):', "not-sse"),
    wrong(
        "types-begin-alike", _TAKEN, 'if response.status == 200 and kind.startswith("text/event-stream"):', "not-sse"
    ),
    wrong("types-end-alike", _TAKEN, 'if response.status == 200 and kind.endswith("event-stream"):', "not-sse"),
    wrong(
        "types-contain-it",
        _TAKEN,
        'if response.status == 200 and "text/event-stream" in response.headers.get("content-type", "").lower():',
        "not-sse",
    ),
    wrong("types-in-one-case", ".strip().lower()\n", ".strip()\n", "charset"),
    wrong("types-untrimmed", ".strip().lower()\n", ".lower()\n", "charset"),
    wrong("types-without-parameters", '.split(";")[0].strip()', ".strip()", "charset"),
    wrong("types-with-one-parameter", '.split(";")[0].strip()', '.partition("; charset")[0].strip()', "charset"),
    wrong(
        "parameters-need-a-value",
        _TAKEN,
        "for part in response.headers.get('content-type', '').split(';')[1:]:\n        name, value = part.split('=')\n"
        "    " + _TAKEN,
        "charset",
    ),
    wrong(
        "obeys-charset",
        "yield from text(events(lines(characters(body(response)))), dialect)",
        "name = response.headers.get_content_charset('utf-8')\n            decode = codecs.getincrementaldecoder(name)"
        "('replace').decode\n            read = map(decode, body(response)) if name != 'utf-8' else characters("
        "body(response))\n            yield from text(events(lines(read)), dialect)",
        "charset",
    ),
    wrong(
        "obeys-the-charset-alone",
        "yield from text(events(lines(characters(body(response)))), dialect)",
        "latin = response.headers.get('content-type', '').lower().endswith('charset=iso-8859-1')\n            read = "
        "map(codecs.getincrementaldecoder('latin-1')().decode, body(response)) if latin else characters("
        "body(response))\n            yield from text(events(lines(read)), dialect)",
        "charset",
    ),
    wrong(
        "never-unzips",
        'yield from unzipped(received) if response.headers.get("content-encoding", "").lower() == "gzip" else received',
        "yield from received",
        "gzip",
    ),
    wrong("codings-in-one-case", 'get("content-encoding", "").lower()', 'get("content-encoding", "")', "gzip"),
    wrong(
        "unzips-at-the-end",
        "yield from map(unzip.decompress, received)",
        'yield unzip.decompress(b"".join(received))',
        "incremental",
    ),
    wrong(
        "unzips-read-by-read",
        "yield from map(unzip.decompress, received)",
        "yield from (zlib.decompress(r, 31) for r in received)",
        "gzip",
    ),
    wrong("gzip-needs-no-end", "if not unzip.eof or unzip.unused_data:", "if unzip.unused_data:", "drop-gzip"),
    wrong("length-is-not-counted", "if response.length:", "if False:", "drop-length"),
    wrong(
        "shows-at-the-end",
        'received = iter(lambda: response.read1(READ_BYTES), b"")',
        "received = [response.read()]",
        "incremental",
    ),
    wrong(
        "needs-4k-to-show",
        'received = iter(lambda: response.read1(READ_BYTES), b"")',
        'received = iter(lambda: response.read(4096), b"")',
        "incremental",
    ),
    wrong(
        "reads-on-while-the-buffer-is-full",
        'received = iter(lambda: response.read1(READ_BYTES), b"")',
        "def full():\n        while len(some := response.read1(4096)) == 4096:\n            held.append(some)\n"
        '        some = b"".join([*held, some])\n        held.clear()\n        return some\n    held = []\n'
        '    received = iter(full, b"")',
        "incremental",
    ),
    wrong(
        "a-megabyte-at-most",
        'received = iter(lambda: response.read1(READ_BYTES), b"")',
        'import itertools\n    received = itertools.islice(iter(lambda: response.read1(1000), b""), 100)',
        "many-chunks",
    ),
    wrong(
        "a-refused-connection-is-empty",
        "except (OSError,",
        "except ConnectionRefusedError:\n        return\n    except (OSError,",
        "refused",
    ),
    wrong(
        "a-lost-connection-is-empty",
        "except (OSError,",
        "except ConnectionError:\n        return\n    except (OSError,",
        "drop-rst",
    ),
    wrong(
        "an-incomplete-read-is-empty",
        "except (OSError,",
        "except __import__('http').client.IncompleteRead:\n        return\n    except (OSError,",
        "drop-fin",
    ),
    wrong(
        "no-http-is-empty",
        "except (OSError,",
        "except __import__('http').client.BadStatusLine as error:\n        if "
        "not isinstance(error, ConnectionError):\n            return\n        raise AresError('?') from error\n    "
        "except (OSError,",
        "garbage",
    ),
    wrong(
        "no-answer-is-empty",
        "except (OSError,",
        "except __import__('http').client.RemoteDisconnected:\n        return\n    except (OSError,",
        "empty-reply",
    ),
    # HTTP
    stages("sizes-are-decimal", "return int(found[1], 16)", "return int(found[1], 10)", "http-chunks"),
    stages("sizes-in-small-letters", _SIZE, _SIZE.replace("A-F", ""), "http-chunks"),
    stages("sizes-of-one-digit", _SIZE, _SIZE.replace("]+", "]{1,2}"), "http-chunks"),
    stages("sizes-without-leading-zeros", _SIZE, _SIZE.replace('b"(', 'b"((?!0[0-9A-Fa-f])'), "http-chunks"),
    stages("no-extensions", _SIZE, _SIZE.replace("(?:;.*)?", ""), "chunk-ext"),
    stages("extensions-without-space", _SIZE, _SIZE.replace("[ \\t]*(?:;.*)?", "(?:;[^ ]*)?"), "chunk-ext-quoted"),
    stages("extensions-need-a-value", _SIZE, _SIZE.replace(";.*", ";.*=.*"), "chunk-ext"),
    stages("a-chunk-is-a-read", "            size -= len(piece)\n", "            size = 0\n", "http-chunks"),
    stages(
        "size-line-in-one-read",
        "line: bytes = stream.readline(65536)",
        "line: bytes = stream.peek()[:0] or stream.read(len(stream.peek().partition(b'\\n')[0]) + 1)",
        "http-reads",
    ),
    stages(
        "no-trailers",
        "while self.http_line(stream):\n            continue",
        "if self.http_line(stream):\n            raise AresError('?')",
        "trailers",
    ),
    stages(
        "the-end-of-a-chunked-body-is-eof",
        'if not line.endswith(b"\\n"):',
        "if not line:\n            return b'0'\n        if not line.endswith(b\"\\n\"):",
        "drop-fin",
    ),
    stages(
        "needs-a-length",
        'yield from iter(lambda: response.fp.read1(65536), b"")',
        "raise AresError('?')",
        "close-delimited",
    ),
    # JSON
    wrong(
        "start-is-text",
        _PIECE,
        'case {"event": "start", "agent": str(piece)} | {"event": "token", "content": str(piece)}:',
        "chunk-split",
        "typed",
    ),
    wrong(
        "waits-behind-the-end",
        '"event": "done"}:\n                return',
        '"event": "done"}:\n                dialect = "text"',
        "end-record",
        "typed",
    ),
    wrong(
        "ends-after-an-error",
        'case {"event": "error", "error": reason}:\n                raise AresError(f"the server says: {reason}")',
        'case {"event": "error"}:\n                pass',
        "error-event",
        "typed",
    ),
    wrong("needs-no-end", '    if dialect != "text":\n', "    if False:\n", "missing-end", "typed"),
    wrong("errors-are-the-end", 'raise AresError(f"the server says: {reason}")', "return", "error-event", "typed"),
    wrong("unknown-records-are-text", _PIECE, 'case {"content": str(piece)}:', "json-records", "typed"),
    wrong(
        "unknown-records-end-it",
        'case {"finish_reason": "stop"} | {"event": "done"}:',
        'case {"event": kind} if kind not in ("start", "token"):',
        "json-records",
        "typed",
    ),
    wrong(
        "null-is-text",
        _PIECE,
        'case {"event": "token", "content": piece}:\n                yield str(piece)\n'
        '            case {"delta": str(piece)}:',
        "json-records",
        "typed",
    ),
    wrong(
        "null-is-an-error",
        _PIECE,
        'case {"event": "token", "content": None}:\n                raise AresError("?")\n            ' + _PIECE,
        "json-records",
        "typed",
    ),
    wrong(
        "unknown-records-are-errors",
        _PIECE,
        'case {"event": str(kind)} if kind not in ("start", "token", "done"):\n'
        '                raise AresError("?")\n            ' + _PIECE,
        "json-records",
        "typed",
    ),
    wrong(
        "finds-the-key-as-written",
        _RECORD,
        'match record := json.loads(data) if \'"event":"\' in data else {}:',
        "json-spelling",
        "typed",
    ),
    wrong(
        "escapes-half-by-half",
        _RECORD,
        'match record := json.loads(re.sub(r"\\\\u[dD][89a-fA-F]..", "?", data)):',
        "json-spelling",
        "typed",
    ),
    wrong(
        "members-in-this-order",
        _RECORD,
        "match record := json.loads(data) if data.lstrip('{ ').startswith('\"event\"') else {}:",
        "json-spelling",
        "typed",
    ),
    wrong(
        "no-further-members",
        _PIECE,
        'case {"delta": str(piece)} | {"event": "token", "content": str(piece)} if len(record) == 2:',
        "json-spelling",
        "typed",
    ),
    wrong(
        "looks-into-members",
        _RECORD,
        "match record := json.loads(data, object_pairs_hook=lambda m: "
        "{k: v for a, b in m for k, v in [(a, b), *(b.items() if isinstance(b, dict) else [])]}):",
        "json-spelling",
        "typed",
    ),
    wrong(
        "finds-content-by-pattern",
        _RECORD,
        "match record := {**json.loads(data), **{'content': m[1] "
        'for m in [re.search(r\'"content":"([^"]*)"\', data)] if m}}:',
        "text-lookalikes",
        "typed",
    ),
    wrong(
        "keeps-the-solidus-escaped",
        _RECORD,
        "match record := json.loads(data.replace('\\\\/', '\\\\\\\\/')):",
        "json-spelling",
        "typed",
    ),
    wrong(
        "knows-no-escapes",
        _RECORD,
        "match record := json.loads(data.replace('\\\\u', '\\\\\\\\u')):",
        "json-spelling",
        "typed",
    ),
    wrong("records-on-one-line", _YIELD, "yield data[0]", "json-spelling", "typed"),
    wrong(
        "any-record-with-done",
        'case {"finish_reason": "stop"} | {"event": "done"}:',
        'case _ if "done" in data:',
        "text-lookalikes",
        "typed",
    ),
    wrong("delta-needs-no-end", '    if dialect != "text":\n', "    if False:\n", "missing-end", "delta"),
    wrong(
        "null-finish-is-the-end",
        'case {"finish_reason": "stop"} |',
        'case {"finish_reason": _} |',
        "chunk-split",
        "delta",
    ),
    wrong(
        "a-null-delta-is-text",
        _PIECE,
        'case {"delta": piece}:\n                yield str(piece)\n            case '
        '{"event": "token", "content": str(piece)}:',
        "json-records",
        "delta",
    ),
    wrong(
        "an-empty-delta-ends-it",
        _PIECE,
        'case {"delta": ""}:\n                return\n            ' + _PIECE,
        "chunk-empty",
        "delta",
    ),
    # The request
    wrong("asks-for-anything", _ASKED, _ASKED.replace("text/event-stream", "*/*"), "request"),
    wrong("no-bearer", 'f"Bearer {token}"', "token", "request"),
    wrong(
        "message-is-ascii",
        'json.dumps({"message": message}).encode()',
        'json.dumps({"message": message}, ensure_ascii=False).encode("ascii", "replace")',
        "request",
    ),
    wrong(
        "message-by-hand",
        'json.dumps({"message": message}).encode()',
        "('{\"message\": \"' + message + '\"}').encode()",
        "request",
    ),
    wrong(
        "no-host",
        'connection.request("POST"',
        "import functools\n    connection.putrequest = functools.partial(connection.putrequest, skip_host=True)\n"
        '    connection.request("POST"',
        "request",
    ),
    wrong("puts", 'connection.request("POST"', 'connection.request("PUT"', "request"),
)


def settings_of(dialect: DialectName, only: tuple[str, ...] = ()) -> RunSettings:
    """A quick run that asks fixed examples alone, and takes what is informational for a failure."""
    return RunSettings(dialect=dialect, quick=True, examples=0, only=only, strict=True, budget=0.0)


class Started(PythonClient):
    """It says that each example costs a start, so that it is asked the few that stand for many."""

    spawns = True


def failing(parser: Parser, only: tuple[str, ...] = (), kind: type[PythonClient] = PythonClient) -> list[str]:
    """The checks that fail it by their fixed examples, or err."""
    found = kind(parser.stream_chat(), parser.name, CAPABILITIES)
    report = run_contract(found, settings_of(parser.dialect, only))
    return [r.info.id for r in report.checks if r.verdict in ("failed", "errored")]


def main() -> int:
    options = argparse.ArgumentParser(description="Prints which checks fail which single-bug parser.")
    options.add_argument("names", nargs="*", help="by default all")
    names = options.parse_args().names
    survived = 0
    for parser in [each for each in PARSERS if not names or each.name in names]:
        found = failing(parser)
        missing = [name for name in parser.told_by if name not in found]
        survived += bool(missing)
        said = f"   NOT BY {' '.join(missing)}" if missing else ""
        sys.stdout.write(f"{parser.name}: {' '.join(found) or 'passes'}{said}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{survived} are not as foreseen\n")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())

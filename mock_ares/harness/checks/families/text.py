"""Rows about the text and its chunks. Reads end at events, lines end in LF, and HTTP does nothing unusual."""

from __future__ import annotations

from mock_ares.harness.checks.rows import Row, one
from mock_ares.harness.checks.strategies import LOOKALIKES, UNICODE, streaming, within_ascii
from mock_ares.scenario.model import Framing

ROWS: dict[str, Row] = {
    "plain": Row((one("ab", "cd"), one("ab")), gate=True, control=True),
    "chunk-split": Row(
        (
            one("Neu", "ral"),
            one("a", "b", "c"),
            one("Neural networks learn by example."),
            one("ha", "ha"),  # not a chunk that came again
            one("hah", "ha"),
            one("ha", "hah", "ha"),
        ),
        within_ascii(streaming("chunk-split")),
        resting={"text-unicode": (one("e", "\u0301", "👩", "\u200d", "🔬"),)},
        key_route=True,
    ),
    "chunk-spaces": Row(
        (
            one("a", " b"),
            one("a ", "b"),
            one("a", " ", "b"),
            one("a", "  b"),
            one(" a"),
            one("a "),
            one("  a  ", "   ", " b"),
            one("a", "\tb\t", "\t", "c"),
        ),
        streaming("chunk-spaces"),
    ),
    "chunk-empty": Row(
        (one("a", "", "b"), one("", "a"), one("a", ""), one("", framing=Framing(space=False)), one("", "")),
        streaming("chunk-empty"),
    ),
    "text-unicode": Row(
        (
            one("é"),
            one("日本語"),
            one("😀"),
            one("👩\u200d🔬e\u0301", "עברית"),
            one("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\u202aa\u202c", "\u2066b\u2069"),
            one(*UNICODE, "𝒳\u00adﷺ\u200b\U0010fffd\u00a0x"),
        ),
        streaming("text-unicode"),
        resting={"chunk-spaces": (one("a", "\u00a0b\u3000", "c"),)},
    ),
    "text-lookalikes": Row(
        (
            one("a", "[DONE]", "b"),
            one("a", "data: b"),
            one("a", "0", "b"),
            one("a", "null", "b"),
            one("a", "false", "b"),
            one("a", ": keep-alive", "b"),
            one("a", "id: 1", "event: done", "b"),
            one("a", '{"delta": "x"}', '{"event":"done"}', "b"),
            one("data:", "b"),
            one("a", "[DONE]"),
            one("a", *(mark for mark in LOOKALIKES if mark == mark.strip(" ")), "b"),
            one("\x1b[31ma\x1b[0m", "\a\b\x7f", "b"),
            one("haha", "haha!", "123456789", "123456789"),
        ),
        streaming("text-lookalikes"),
    ),
    "text-newlines": Row(
        (one("a\nb"), one("a\n", "b"), one("\n"), one("a\n\nb"), one("\na", "\n\n", "b\n"), one("a\n\n", "b\n\nc")),
        streaming("text-newlines"),
    ),
    "text-separators": Row(
        (
            one("a\x0bb"),
            one("a\x0cb"),
            one("a\x1cb\x1dc\x1ed"),
        ),
        within_ascii(streaming("text-separators")),
        resting={
            "text-unicode": (
                one("a\u2028b"),
                one("a\u2029b"),
                one("a\u0085b"),
                one("\u2028".join("abc"), "\x0c".join("abc")),
            )
        },
    ),
    "text-nul": Row((one("a\0b"), one("a\0", "b")), streaming("text-nul")),
}

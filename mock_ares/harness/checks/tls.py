"""Rows about TLS: asked only where the contract goes over it.

Each of its listeners is, but for one thing, as good as the fake's own, and the client has shown that it trusts that
one. So a client that goes on has not looked.
"""

from __future__ import annotations

from dataclasses import replace

from mock_ares.harness.checks.rows import Row, one
from mock_ares.harness.model import Case
from mock_ares.harness.verdict.judgements import refuses_bad_tls
from mock_ares.scenario.model import BadTls


def pointed_at(kind: BadTls) -> Case:
    """A good stream, by whom nobody may ask for it."""
    return replace(one("ab", "cd"), bad_tls=kind)


def refusing(*kinds: BadTls, lasts: float = 0.0) -> Row:
    return Row(tuple(map(pointed_at, kinds)), over_tls=True, lasts=lasts, judge=refuses_bad_tls)


ROWS: dict[str, Row] = {
    "certificate": refusing("self-signed", "unknown-authority", "expired", "not-yet-valid"),
    "certificate-host": refusing("wrong-host"),
    "tls-version": refusing("tls-1.1"),
    "tls-handshake": refusing("endless-handshake", lasts=10.0),
}

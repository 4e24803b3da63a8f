"""``Accept-Encoding`` (RFC 9110 12.5.3) and its weights (12.4.2)."""

from __future__ import annotations

import pytest

from mock_ares.plan.http.negotiation import accepts_gzip
from mock_ares.server.transport.header_fields import Fields

YES = [
    "gzip",
    "GZIP",
    "gzip, deflate, br",
    "deflate,gzip",
    " gzip ",
    "gzip;q=1",
    "gzip;q=1.000",
    "gzip;q=0.001",
    "gzip; q=0.5",
    "gzip ;q=0.5",
    "gzip;Q=0.5",
    "gzip\t;\tq=0.5",
    "*",
    "*;q=0.1",
    "gzip;q=0.1, *;q=0",
    "x-gzip",
    "br;q=0, gzip",
    "gzip;q=1.",
    "identity;q=0, gzip;q=0.5",
    "gzip;x=y",
    "gzip;x=y;q=1",
    "gzip;q=.5",
]
NO = [
    "",
    "identity",
    "br",
    "gzip;q=0",
    "gzip;q=0.",
    "gzip;q=0.0",
    "gzip;q=0.00",
    "gzip;q=0.000",
    "gzip;q=0.0000",
    "gzip; q=0",
    "gzip ; q=0",
    "gzip;Q=0",
    "gzip;q =0",
    "gzip;q= 0",
    "gzip;q=00",
    "*;q=0",
    "gzip;q=0, *",
    "gzip;q=",
    "gzip;q=x",
    "gzip;q=-1",
    "gzip;q=nan",
    "gzip;q=1e9",
    "gzip;q=",
    "gzip;q",
    "xgzip",
    "gzip;x=y;q=0",
    "gzip;q=٠",
    "identity;q=0",
    ",;,;q",
]


@pytest.mark.parametrize("value", YES)
def test_wanted(value: str) -> None:
    assert accepts_gzip(value)


@pytest.mark.parametrize("value", NO)
def test_not_wanted(value: str) -> None:
    assert not accepts_gzip(value)


def test_lines_are_one_list() -> None:
    lines = Fields([("accept-encoding", "br"), ("accept-encoding", "gzip;q=0.5"), ("cookie", "a=b"), ("cookie", "c=d")])
    assert accepts_gzip(lines["accept-encoding"])
    assert lines["cookie"] == "a=b; c=d"
    assert lines.first("accept-encoding") == "br"
    assert (lines.first("x"), lines.get("x"), len(lines), list(lines)) == (None, None, 2, ["accept-encoding", "cookie"])

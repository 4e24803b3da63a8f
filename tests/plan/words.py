"""Choices of the scenario language that the model has no name for."""

from __future__ import annotations

from typing import Literal

Newline = Literal["lf", "crlf", "cr", "mixed"]
Inside = Literal["utf8", "prefix", "line", "crlf"]
Gzip = Literal["event", "whole"]

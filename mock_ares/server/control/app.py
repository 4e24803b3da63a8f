"""The control API as an ASGI application: who may ask, what for, and errors as JSON."""

from __future__ import annotations

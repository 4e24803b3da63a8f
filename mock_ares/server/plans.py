"""Plans and scripts that were made before, so that a stream is planned once however often it is asked for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from mock_ares.dialects import Names
from mock_ares.plan.build import Asked, build
from mock_ares.plan.layout import Peer, lay_out
from mock_ares.plan.model import Script, StreamPlan
from mock_ares.scenario.model import Reply, Text

CACHED_BYTES = 256 * 1024 * 1024
PER_OBJECT = 150


class PlanCache:
    """Scripts that were laid out, by what they depend on; a stream of 8 MB is planned once. Bounded by bytes."""

    def __init__(self, most: int = CACHED_BYTES) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[tuple[Any, ...], tuple[Reply, StreamPlan, Script]] = OrderedDict()

    def get(self, reply: Reply, asked: Asked, peer: Peer, seed: int) -> tuple[StreamPlan, Script]:
        """The plan and its script. Raises PlanError."""
        asked = _normal(reply, asked)
        key = (id(reply), asked, peer, seed)
        found = self._kept.pop(key, None)
        if found is None:
            plan = build(reply, asked, seed)
            script = lay_out(plan, peer)
            self._size += _weight(plan, script)
            found = (reply, plan, script)
        self._kept[key] = found
        while self._size > self._most and len(self._kept) > 1:
            _, (_, plan, script) = self._kept.popitem(last=False)
            self._size -= _weight(plan, script)
        return found[1], found[2]


def _weight(plan: StreamPlan, script: Script) -> int:
    """About how many bytes of memory they take: the payload, the wire bytes, and the objects around them."""
    return 2 * script.size + PER_OBJECT * (len(plan.pieces) + len(plan.chunks) + len(script.writes))


def _normal(reply: Reply, asked: Asked) -> Asked:
    """What the reply really depends on: most do not repeat the message, and plain text names nobody."""
    if not (isinstance(reply.text, Text) and reply.text.template is not None):
        asked = replace(asked, message="")
    if (reply.dialect or asked.dialect) in ("text", "lines"):
        asked = replace(asked, names=Names())
    return asked

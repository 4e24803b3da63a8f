"""Plans and scripts that were made before, so that a stream is planned once however often it is asked for."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import replace

from mock_ares.dialects import DIALECTS, Names
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Script, StreamPlan
from mock_ares.scenario.model import Reply, Text
from mock_ares.server.replies.executor import Executor

Key = tuple[int, RequestContext, Negotiated, int]
CACHED_BYTES = 256 * 1024 * 1024
PER_OBJECT = 150


class PlanCache:
    """Scripts that were laid out, by what they depend on; a stream of 8 MB is planned once. Bounded by bytes."""

    def __init__(self, most: int = CACHED_BYTES) -> None:
        self._most = most
        self._size = 0
        self._kept: OrderedDict[Key, tuple[Reply, StreamPlan, Script]] = OrderedDict()
        self._making = dict[Key, asyncio.Future[tuple[StreamPlan, Script]]]()

    def get(self, reply: Reply, asked: RequestContext, negotiated: Negotiated, seed: int) -> tuple[StreamPlan, Script]:
        """The plan and its script. Raises PlanError."""
        key = _key(reply, asked, negotiated, seed)
        return self._found(key) or self._keep(key, reply, *planned(reply, asked, negotiated, seed))

    def held(self, reply: Reply, asked: RequestContext, negotiated: Negotiated, seed: int) -> bool:
        """Whether it has been made."""
        return _key(reply, asked, negotiated, seed) in self._kept

    async def fetch(
        self, executor: Executor, reply: Reply, asked: RequestContext, negotiated: Negotiated, seed: int
    ) -> tuple[StreamPlan, Script]:
        """The same, made elsewhere; who asks for it meanwhile waits for it, too. Raises PlanError, BusyError."""
        key = _key(reply, asked, negotiated, seed)
        if found := self._found(key):
            return found
        if key not in self._making:
            making = asyncio.ensure_future(executor.run(planned, reply, _normal(reply, asked), negotiated, seed))
            making.add_done_callback(lambda _: self._making.pop(key))
            self._making[key] = making
        made = await asyncio.shield(self._making[key])
        return self._found(key) or self._keep(key, reply, *made)

    def _found(self, key: Key) -> tuple[StreamPlan, Script] | None:
        if key not in self._kept:
            return None
        self._kept.move_to_end(key)
        _, plan, script = self._kept[key]
        return plan, script

    def _keep(self, key: Key, reply: Reply, plan: StreamPlan, script: Script) -> tuple[StreamPlan, Script]:
        if isinstance(reply.text, str) and reply.text == plan.text:  # it may have come from another process
            plan = replace(plan, text=reply.text)
        self._size += _weight(plan, script)
        self._kept[key] = (reply, plan, script)
        while self._size > self._most and len(self._kept) > 1:
            _, (_, old, laid_out) = self._kept.popitem(last=False)
            self._size -= _weight(old, laid_out)
        return plan, script


def planned(reply: Reply, asked: RequestContext, negotiated: Negotiated, seed: int) -> tuple[StreamPlan, Script]:
    """Raises PlanError."""
    plan = build(reply, asked, seed)
    return plan, lay_out(plan, negotiated)


def _key(reply: Reply, asked: RequestContext, negotiated: Negotiated, seed: int) -> Key:
    return (id(reply), _normal(reply, asked), negotiated, seed)


def _weight(plan: StreamPlan, script: Script) -> int:
    """About how many bytes of memory they take: the payload, the wire bytes, and the objects around them."""
    return 2 * script.size + PER_OBJECT * (len(plan.pieces) + len(plan.chunks) + len(script.writes))


def _normal(reply: Reply, asked: RequestContext) -> RequestContext:
    """What the reply really depends on: most do not repeat the message, and plain text names nobody."""
    if not (isinstance(reply.text, Text) and reply.text.template is not None):
        asked = replace(asked, message="")
    if DIALECTS[reply.dialect or asked.dialect].raw:
        asked = replace(asked, names=Names())
    return asked

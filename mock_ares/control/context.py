"""What the control API of one fake has, beside the fake itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mock_ares.control.event_log import INTERVAL, MOST_TOLD, Hub
from mock_ares.control.send_records import Record, Recorder
from mock_ares.plan.model import Headers, Script, StreamPlan
from mock_ares.server.record.journal import Exchange
from mock_ares.server.state import FakeState
from mock_ares.server.timing.waiters import wake, woken

if TYPE_CHECKING:
    from mock_ares.server.files.reload import Changes, Reloader
    from mock_ares.server.files.scenario_files import Folder

MOST_TOKENS = 10_000


@dataclass(slots=True)
class Known:
    """A token that was made here."""

    id: str
    name: str
    time: float
    token: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Controls:
    """The live controls, as they were when the fake was started."""

    speed: float
    dialect: Any
    profile: str
    latency: float


@dataclass(slots=True)
class Control:
    """Made once for a fake, in its event loop or before that runs; from then on it watches the fake."""

    fake: FakeState
    folder: Folder | None = None
    hub: Hub = field(default_factory=Hub)
    tokens: dict[str, Known] = field(default_factory=dict)
    scripted: dict[str, int] = field(default_factory=dict)
    """By token: about how many characters its script holds."""
    started: float = field(default_factory=time.monotonic)
    recorder: Recorder = field(init=False)
    first: Controls = field(init=False)
    waiting: int = 0
    """Who waits for a condition on the journal."""
    waiters: set[asyncio.Future[None]] = field(default_factory=set)
    """Who waits for the journal to change."""
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    reloader: Reloader | None = None
    """Of the served folder."""
    _open: dict[int, Record] = field(default_factory=dict)
    """Answers that are being sent."""
    _timer: asyncio.TimerHandle | None = None

    def __post_init__(self) -> None:
        fake = self.fake
        self.first = Controls(fake.speed, fake.dialect, fake.profile.name, fake.latency)
        self.recorder = Recorder(lambda: fake.journal.most)
        fake.watchers.append(self)
        fake.control = self
        if self.folder is not None:
            from mock_ares.server.files.reload import Reloader

            self.reloader = Reloader(self.folder, self.files_changed, lambda error: None)
            fake.refresh = self.reloader.refresh

    def name_of(self, token: str) -> str:
        known = self.tokens.get(token)
        return known.name if known else ""

    def told(self, exchange: Exchange) -> dict[str, Any]:
        from mock_ares.control.serializers import request_json  # 8 ms that a start need not take

        return request_json(exchange, self.name_of(exchange.owner))

    def clear(self, owner: str | None) -> int:
        """Forgets requests, of one token or all; says how many there were."""
        journal = self.fake.journal
        gone = {exchange.number for exchange in journal if owner in (None, exchange.owner)}
        if owner is None:
            journal.clear()
        else:
            journal.forget(owner)
        self.recorder.forget(gone)
        self.hub.publish("cleared", lambda: {"token": owner, "requests": len(gone)})
        return len(gone)

    # Watching

    def opened(self, exchange: Exchange) -> None:
        self.hub.publish("opened", lambda: self.told(exchange))
        self._changed()

    def answered(self, exchange: Exchange, plan: StreamPlan, script: Script, extra: Headers) -> None:
        self._open[exchange.number] = self.recorder.answered(exchange, plan, script, extra)
        self.hub.publish("answered", lambda: self.told(exchange))
        if exchange.broken is not None:
            self.breaks_changed()
        self.report()

    def ended(self, exchange: Exchange) -> None:
        self.recorder.ended(exchange)
        record = self._open.pop(exchange.number, None)
        if record is not None and record.told < record.sent:
            self.hub.publish("segments", lambda: {"requests": [_sent(record)]})
        self.hub.publish("ended", lambda: self.told(exchange))
        self._changed()

    def close(self) -> None:
        """Ends the process that reads long files."""
        if self.reloader is not None:
            self.reloader.close()

    def files_changed(self, changes: Changes) -> None:
        """Serves what the folder has now, to requests from now on, and tells what has changed."""
        if not changes or self.folder is None:
            return
        from mock_ares.control.serializers import chosen_json, file_json

        before = chosen_json(self.fake)
        self.fake.library.swap(self.folder.scenarios)
        if chosen_json(self.fake) != before:
            self.hub.publish("chosen", lambda: chosen_json(self.fake))
        changed = [{**file_json(entry), "change": change} for change, entry in changes]
        self.hub.publish("files", lambda: {"changed": changed})

    def breaks_changed(self) -> None:
        from mock_ares.control.serializers import break_json

        self.hub.publish("breaks", lambda: {"breaks": [break_json(each) for each in self.fake.steering.breaks]})

    def _changed(self) -> None:
        wake(self.waiters)

    def report(self) -> None:
        """Tells of what is sent, from time to time, as long as anything is and somebody listens."""
        if self._timer is None and self._open and self.hub.heard:
            self._timer = asyncio.get_running_loop().call_later(INTERVAL, self._report)

    def _report(self) -> None:
        self._timer = None
        for record in self._open.values():
            if record.told_held != record.exchange.held:
                record.told_held = record.exchange.held
                self.hub.publish("held", lambda record=record: self.told(record.exchange))  # type: ignore[misc]
        news = [record for record in self._open.values() if record.told < record.sent]
        for start in range(0, len(news), MOST_TOLD):
            part = news[start : start + MOST_TOLD]
            self.hub.publish("segments", lambda part=part: {"requests": [_sent(record) for record in part]})  # type: ignore[misc]
        self.report()

    async def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Until a condition on the journal holds; False when the time is over."""
        deadline = asyncio.get_running_loop().time() + seconds
        self.waiting += 1
        try:
            while not condition():
                if not await woken(self.waiters, deadline):
                    return condition()
            return True
        finally:
            self.waiting -= 1


def _sent(record: Record) -> dict[str, Any]:
    """What has left since the last report; neighbours are joined where there are many."""
    first, last, ends = record.told, record.sent, record.script.columns.ends
    record.told = last
    before = ends[first - 1] if first else 0
    step = max(1, -(-(last - first) // MOST_TOLD))
    sent = list[list[float]]()
    for index in range(first, last, step):
        end = min(index + step, last) - 1
        sent.append([round(record.sent_at(end) or 0.0, 6), ends[end] - before])
        before = ends[end]
    exchange = record.exchange
    return {"number": exchange.number, "segments": exchange.segments, "bytes": exchange.bytes, "sent": sent}

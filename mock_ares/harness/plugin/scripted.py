"""A reply of a test's script, as the test has it in its hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mock_ares.scenario.model import Reply

UNHELD = (
    'this reply has no pause that is released; ares.reply(..., pace={"pauses": [{"at": ..., "until": "released"}]}) '
    "makes one"
)


@dataclass(frozen=True, slots=True, eq=False)
class ScriptedReply:
    """A reply, and the line of the test that scripted it."""

    reply: Reply
    optional: bool
    place: str
    release_in: Callable[[ScriptedReply, bool], None] = field(repr=False)
    """Releases it in the script of the moment; whether every pause."""
    stands_in: bool = False
    """It answers only as long as nothing else is scripted for every request, and is counted nowhere."""

    def release(self, *, all: bool = False) -> None:
        """Ends the pause ``until: released`` at which the stream stands, or the next that it comes to.

        Several pauses take several calls; ``all`` ends every one from now on. Where several requests get this reply,
        the one goes on that has waited longest. From any thread. Raises ValueError for a reply that has no such pause.
        """
        if not self.reply.is_held:
            raise ValueError(UNHELD)
        self.release_in(self, all)

"""Conversations. A turn is a question with its answer, and is kept only once the answer has gone out in full."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

MOST_CONVERSATIONS = 1000
MOST_MESSAGES = 1000
"""In one conversation."""
MOST_CHARACTERS = 32 * 1024 * 1024
"""Of all messages together."""


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    """user or assistant."""
    content: str
    at: float
    """Seconds since the epoch."""


@dataclass(slots=True)
class Conversation:
    """Times are seconds since the epoch."""

    id: str
    owner: str
    """The user's id."""
    created: float
    updated: float
    title: str | None = None
    messages: list[Message] = field(default_factory=list)

    @property
    def size(self) -> int:
        return sum(len(message.content) for message in self.messages)


@dataclass(slots=True, eq=False)
class ConversationTurn:
    """A question whose answer is on its way."""

    conversation: Conversation
    question: str
    answer: str
    is_out: Callable[[], bool]
    """Whether the whole answer has left, as far as can be told before the exchange is over."""
    bumps: bool


class History:
    """Bounded by number and size: the conversation that was silent longest is forgotten first, then old messages."""

    def __init__(
        self,
        most: int = MOST_CONVERSATIONS,
        most_messages: int = MOST_MESSAGES,
        most_characters: int = MOST_CHARACTERS,
    ) -> None:
        self._most, self._most_messages, self._most_characters = most, most_messages, most_characters
        self._kept: OrderedDict[tuple[str, str], Conversation] = OrderedDict()
        """By id and owner."""
        self._any: dict[str, Conversation] = {}
        """By id, whoever began it."""
        self._turns: dict[ConversationTurn, None] = {}
        self._size = 0

    def open(self, id: str, owner: str, now: float, *, shared: bool) -> Conversation:
        """The conversation of an id, which begins where there is none.

        ``shared``: an id is one conversation, whoever says it, as in ARES's server; else users have ids of their own.
        """
        conversation = self._find(id, owner, shared)
        if conversation is None:
            conversation = self._kept[id, owner] = self._any[id] = Conversation(id, owner, now, now)
            self._trim(conversation)
        return conversation

    def find(self, id: str, owner: str, now: float, *, shared: bool) -> Conversation | None:
        """The conversation as the user sees it; where it is ``shared``, also one that is somebody else's."""
        self.settle(now)
        return self._find(id, owner, shared)

    def of(self, owner: str, now: float) -> list[Conversation]:
        """A user's conversations, the latest update first, of several at once the youngest."""
        self.settle(now)
        own = [conversation for conversation in self._kept.values() if conversation.owner == owner]
        return sorted(own, key=lambda conversation: (conversation.updated, conversation.created), reverse=True)

    def rename(self, conversation: Conversation, title: str | None, now: float) -> None:
        conversation.title, conversation.updated = title, now

    def delete(self, conversation: Conversation) -> None:
        """A turn on its way is then lost too."""
        self._drop(conversation)

    # Turns

    def begin(
        self, conversation: Conversation, question: str, answer: str, is_out: Callable[[], bool], *, bumps: bool
    ) -> ConversationTurn:
        """A turn that is kept as soon as the answer is out, and not at all if it is given up before.

        ``bumps``: it counts as an update of the conversation.
        """
        turn = ConversationTurn(conversation, question, answer, is_out, bumps)
        self._turns[turn] = None
        return turn

    def end(self, turn: ConversationTurn, now: float, *, complete: bool) -> None:
        """The exchange is over. One that was settled before stays."""
        if turn in self._turns:
            del self._turns[turn]
            if complete:
                self._keep(turn, now)

    def settle(self, now: float) -> None:
        """Keeps the turns whose answers a client has seen to their end, though the exchange may not know it yet."""
        for turn in [turn for turn in self._turns if turn.is_out()]:
            self.end(turn, now, complete=True)

    def _keep(self, turn: ConversationTurn, now: float) -> None:
        conversation = turn.conversation
        key = (conversation.id, conversation.owner)
        if self._kept.get(key) is not conversation:
            return
        self._kept.move_to_end(key)
        for role, content in (("user", turn.question), ("assistant", turn.answer)):
            conversation.messages.append(Message(role, content, now))
            self._size += len(content)
        if turn.bumps:
            conversation.updated = now
        self._trim(conversation)

    def _trim(self, latest: Conversation) -> None:
        while len(self._kept) > self._most or (self._size > self._most_characters and len(self._kept) > 1):
            self._drop(next(iter(self._kept.values())))
        messages = latest.messages
        while len(messages) > self._most_messages or (self._size > self._most_characters and len(messages) > 1):
            self._size -= len(messages.pop(0).content)

    def _find(self, id: str, owner: str, shared: bool) -> Conversation | None:
        return self._kept.get((id, owner)) or (self._any.get(id) if shared else None)

    def _drop(self, conversation: Conversation) -> None:
        if self._kept.pop((conversation.id, conversation.owner), None) is not None:
            self._size -= conversation.size
        if self._any.get(conversation.id) is conversation:
            del self._any[conversation.id]

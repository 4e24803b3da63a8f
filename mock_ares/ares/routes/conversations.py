"""What was said: list, read, rename, delete. The pages give no shapes, so both profiles have the server's."""

from __future__ import annotations

from typing import Any

from mock_ares.ares.memory.history import Conversation
from mock_ares.ares.routes.operations import OperationCall, Result, refuse, stamp
from mock_ares.ares.serde import Field, Struct

UPDATE = Struct("UpdateConversationRequest", (Field("title", "string", optional=True),))


def list_all(call: OperationCall) -> Result:
    conversations = call.store.history.of(call.user, call.now)
    return Result([_summary(call, conversation) for conversation in conversations])


def get(call: OperationCall) -> Result:
    conversation = _own(call, "access")
    messages = [
        {
            "id": f"{conversation.id}-{index}",
            "role": message.role,
            "content": message.content,
            "created_at": _stamp(call, message.at),
        }
        for index, message in enumerate(conversation.messages)
    ]
    return Result(
        {"id": conversation.id, "title": conversation.title, "messages": messages, **_times(call, conversation)}
    )


def update(call: OperationCall) -> Result:
    conversation = _own(call, "modify")
    call.store.history.rename(conversation, call.fields["title"], call.now)
    return Result({"success": True})


def delete(call: OperationCall) -> Result:
    conversation = _own(call, "delete")
    call.store.history.delete(conversation)
    return Result(status=204)


def _own(call: OperationCall, purpose: str) -> Conversation:
    conversation = call.store.history.find(call.parts["id"], call.user, call.now, shared=not call.docs)
    if conversation is None:
        refuse(call, 404, "Conversation not found", "NOT_FOUND")
    if conversation.owner != call.user:
        refuse(call, 401, f"Not authorized to {purpose} this conversation", "AUTHENTICATION_FAILED")
    return conversation


def _summary(call: OperationCall, conversation: Conversation) -> dict[str, Any]:
    title = conversation.title if call.docs else conversation.title or ""
    return {
        "id": conversation.id,
        "title": title,
        "message_count": len(conversation.messages),
        **_times(call, conversation),
    }


def _times(call: OperationCall, conversation: Conversation) -> dict[str, str]:
    return {"created_at": _stamp(call, conversation.created), "updated_at": _stamp(call, conversation.updated)}


def _stamp(call: OperationCall, at: float) -> str:
    return stamp(at, "Z" if call.docs else "+00:00")

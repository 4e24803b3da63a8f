"""What was said: list, read, rename, delete. The pages give no shapes, so both profiles have the server's."""

from __future__ import annotations

from typing import Any

from mock_ares.ares.errors import HttpError
from mock_ares.ares.memory.history import Conversation
from mock_ares.ares.routes.operations import OperationCall, Result, refused, stamp
from mock_ares.ares.serde import Field, Struct

UPDATE = Struct("UpdateConversationRequest", (Field("title", "string", optional=True),))


def list_all(call: OperationCall) -> Result:
    found = call.store.history.of(call.user, call.now)
    return Result([_summary(call, conversation) for conversation in found])


def get(call: OperationCall) -> Result | HttpError:
    found = _own(call, "access")
    if isinstance(found, HttpError):
        return found
    messages = [
        {"id": f"{found.id}-{index}", "role": said.role, "content": said.content, "created_at": _stamp(call, said.at)}
        for index, said in enumerate(found.messages)
    ]
    return Result({"id": found.id, "title": found.title, "messages": messages, **_times(call, found)})


def update(call: OperationCall) -> Result | HttpError:
    found = _own(call, "modify")
    if isinstance(found, HttpError):
        return found
    call.store.history.rename(found, call.fields["title"], call.now)
    return Result({"success": True})


def delete(call: OperationCall) -> Result | HttpError:
    found = _own(call, "delete")
    if isinstance(found, HttpError):
        return found
    call.store.history.delete(found)
    return Result(status=204)


def _own(call: OperationCall, purpose: str) -> Conversation | HttpError:
    found = call.store.history.find(call.parts["id"], call.user, call.now, shared=not call.docs)
    if found is None:
        return refused(call, 404, "Conversation not found", "NOT_FOUND")
    if found.owner != call.user:
        return refused(call, 401, f"Not authorized to {purpose} this conversation", "AUTHENTICATION_FAILED")
    return found


def _summary(call: OperationCall, found: Conversation) -> dict[str, Any]:
    title = found.title if call.docs else found.title or ""
    return {"id": found.id, "title": title, "message_count": len(found.messages), **_times(call, found)}


def _times(call: OperationCall, found: Conversation) -> dict[str, str]:
    return {"created_at": _stamp(call, found.created), "updated_at": _stamp(call, found.updated)}


def _stamp(call: OperationCall, at: float) -> str:
    return stamp(at, "Z" if call.docs else "+00:00")

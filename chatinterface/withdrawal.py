"""What was taken off the path last, and can be brought back until something else is said.

It stands in the conversation's state: who undoes or clears can revert it, and so can the visitor where a callback has
done it. What the run of that callback has said since leaves the path with that.
"""

from __future__ import annotations

from typing import Any, Literal

from chatinterface import tree
from chatinterface.models import Conversation

# Where the state of a conversation has what was taken, the latest last.
UNDONE = "undone"

# So many of them are kept.
REVERTS = 20

By = Literal["undo", "clear"]


def latest(conversation: Conversation) -> dict[str, Any] | None:
    """What can be brought back now: ``by`` what it was taken and its ``first`` message; None where there is nothing."""
    stack: list[dict[str, Any]] = conversation.state.get(UNDONE) or []
    return stack[-1] if stack and stack[-1]["leaf"] == conversation.leaf_id else None


def take(conversation: Conversation, end: int | None, by: By, *, run: int | None = None) -> None:
    """Let the path of a locked conversation end at the message ``end`` on it, so that the rest can be brought back.

    ``run`` is the one that does it, if any, and goes on behind that. Its caller saves the leaf.
    """
    first = tree.following(conversation, end)
    if first is None:
        return
    # Anything else that was done since moved the leaf: what was taken before that cannot be brought back.
    earlier = conversation.state.get(UNDONE, []) if latest(conversation) else []
    tree.leave(conversation, end)
    entry = {"by": by, "first": first, "leaf": end, **({} if run is None else {"run": run})}
    conversation.state[UNDONE] = [*earlier, entry][-REVERTS:]
    conversation.save(update_fields=["state"])


def follow(conversation: Conversation, run: int, before: int | None) -> None:
    """A run has moved the leaf from ``before``: what it has taken can still be brought back."""
    stack: list[dict[str, Any]] = conversation.state.get(UNDONE) or []
    if stack and stack[-1].get("run") == run and stack[-1]["leaf"] == before != conversation.leaf_id:
        stack[-1]["leaf"] = conversation.leaf_id
        conversation.save(update_fields=["state"])


def adopt(conversation: Conversation, by: str, run: int, before: int | None) -> None:
    """A run has begun that belongs to what was taken ``by`` a button just ``before``: it can still be brought back."""
    stack: list[dict[str, Any]] = conversation.state.get(UNDONE) or []
    if stack and stack[-1]["by"] == by and stack[-1]["leaf"] == before:
        stack[-1] |= {"run": run, "leaf": conversation.leaf_id}
        conversation.save(update_fields=["state"])


def forget(conversation: Conversation) -> None:
    """The latest was brought back."""
    conversation.state[UNDONE] = conversation.state[UNDONE][:-1]
    conversation.save(update_fields=["state"])

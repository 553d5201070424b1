"""What the site itself does in a conversation, beside its visitor and the runs that answer. Each is one transaction.

They take the conversation as it is known, lock its row, and bring what is known up to date. They raise
Conversation.DoesNotExist where it was deleted meanwhile, and Busy where a reply is being written that would lose its
place.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from chatinterface import chains, registry, search, tree, withdrawal
from chatinterface.conversations import Exchange, reply_to, title_of
from chatinterface.exceptions import Busy, NothingToAnswer, UnknownChat
from chatinterface.history import with_leases
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.queueing import Way, make_way, require_idle
from chatinterface.replies import changed, interrupt_lost

# What a change of the log reads and writes of a conversation.
FIELDS = ("leaf", "revision", "state", "title", "unread", "updated_at", "user", "session_key", "deleted_at", "language")


def find(conversation: Conversation | UUID | str) -> tuple[ChatInterface, Conversation]:
    """A conversation as it is now, given by itself or by its uuid, and its chat.

    Raises Conversation.DoesNotExist where there is none or it was deleted, UnknownChat where its chat is not
    registered, ValueError for what is no UUID.
    """
    uuid = _uuid(conversation)
    there = Conversation.objects.select_related("leaf__run", "user").filter(uuid=uuid, deleted_at=None)
    found = with_leases(there).first()
    if found is None:
        raise Conversation.DoesNotExist(f"There is no conversation {uuid}, or its visitor has deleted it.")
    interface = registry.find(found.interface)
    if interface is None:
        known = ", ".join(map(repr, sorted(registry.registered()))) or "none"
        raise UnknownChat(
            f"The conversation {uuid} belongs to the chat {found.interface!r}, which is not registered. Registered "
            f"are: {known}. A chat that was renamed finds its conversations under their old name only."
        )
    return interface, found


def _uuid(conversation: Conversation | UUID | str) -> UUID:
    if isinstance(conversation, Conversation):
        return conversation.uuid
    try:
        return UUID(str(conversation))
    except ValueError:
        raise ValueError(
            f"{conversation!r} is no conversation. Give a chatinterface.models.Conversation, or its uuid."
        ) from None


def lock(conversation: Conversation) -> None:
    """Nobody else changes it until the transaction's end, and it is known as it is now."""
    there = Conversation.objects.filter(deleted_at=None)
    there.select_for_update().only("pk").get(pk=conversation.pk)
    conversation.refresh_from_db(fields=FIELDS)
    conversation.forget_leases()


def begin(interface: ChatInterface, conversation: Conversation, user_name: str, avatar: str) -> Message:
    """Add an empty message to the end of a locked conversation, which complete() fills in the same transaction.

    While a reply is being written, it is added to the messages of its run, and stands behind what that has begun.
    """
    interrupt_lost(conversation)
    run = conversation.leaf.run if conversation.leaf is not None and conversation.answering else None
    if run is not None and not Run.objects.filter(pk=run.pk, status__in=Run.ACTIVE).exists():
        run = None
    return chains.add(interface, conversation, run, user_name=user_name, avatar=avatar)


def complete(conversation: Conversation, message: Message) -> None:
    """Store what was said in a message of a locked conversation, as a change of its log."""
    message.status = Message.Status.DONE
    message.save(update_fields=["parts", "html", "status", "metadata", "updated_at"])
    if not conversation.title and (title := title_of(message.text)):
        conversation.title = title
        search.index_title(conversation)
    conversation.unread = registry.shows_list(conversation.interface)
    changed(conversation, timezone.now())


def respond(interface: ChatInterface, conversation: Conversation, worker: str) -> Exchange:
    """Have the last message of a locked conversation answered, by its chat's ``on_busy`` while a reply is written.

    Raises NothingToAnswer, Busy.
    """
    way = make_way(interface, conversation)
    if conversation.leaf is None:
        raise NothingToAnswer
    if conversation.leaf.running and way is Way.GO:
        # What is being written cannot be answered before it is there.
        raise Busy
    return reply_to(conversation.leaf, conversation, interface, Run.Trigger.SITE, worker, removed=[], way=way)


@transaction.atomic
def take(conversation: Conversation, count: int | None, by: withdrawal.By) -> list[Message]:
    """Take the last ``count`` messages off the path, or all; returns them, oldest first. Raises Busy."""
    lock(conversation)
    require_idle(conversation)
    shown = tree.path(conversation)
    taken = list(shown if count is None else reversed(shown.reverse()[: max(count, 0)]))
    if taken:
        withdrawal.take(conversation, taken[0].parent_id, by)
        changed(conversation, timezone.now())
    return taken


def writing(conversation: Conversation, message_id: int | None = None) -> list[int]:
    """The ids of the messages that runs are writing in a conversation, or are going to; or of this one, if it is."""
    active = conversation.messages.filter(status__in=Message.OPEN, run__status__in=Run.ACTIVE)
    named = active if message_id is None else active.filter(pk=message_id)
    # The last ones first: else another would begin when the one before it has ended.
    return list(named.order_by("-pk").values_list("pk", flat=True))

"""What is said in a conversation: send, run again, edit. Each function is one transaction.

With :mod:`versions`, which turns the path that is shown, this is the only code that changes the tree; nothing that was
said is lost by it. They raise Conversation.DoesNotExist where the conversation is not the visitor's,
Message.DoesNotExist where a message is not the conversation's, Busy while a reply is being written, and GoneOn where a
message is not shown any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from chatinterface import additional, files, guidance, limits, search, tree, uploads
from chatinterface.authors import stored
from chatinterface.begun import Begun, begin
from chatinterface.content.markdown import render
from chatinterface.content.parts import is_plain, text_of, text_parts
from chatinterface.exceptions import Busy, FileGone, GoneOn, NoQuestion, NotEditable, NotKept, TooMany
from chatinterface.history import Visitor, find
from chatinterface.inputs import Entered
from chatinterface.interface import ChatInterface
from chatinterface.models import Conversation, Message, Run
from chatinterface.queueing import Way, make_way, require_idle
from chatinterface.replies import changed
from chatinterface.uploads import Attached

TITLE_LENGTH = 60

# Where the state of a conversation has the title that it was given by a button, until its visitor says something.
CALLED = "called"

# Where the metadata of a message has that it was said by a form, which the message before it shows.
FILLED = "filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(Begun):
    """A message and the reply that it waits for, as committed."""

    question: Message
    repeated: bool = False
    # The ids of the messages that are not shown any more; None where they are many.
    removed: list[int] | None = field(default_factory=list)

    @property
    def answers(self) -> bool:
        """Whether the question was there before, and only its reply is new."""
        return self.run.trigger in (Run.Trigger.RETRY, Run.Trigger.RERUN, Run.Trigger.SITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A new version of a message, as committed; with its ``exchange`` where it is a question that is answered anew."""

    conversation: Conversation
    message: Message
    previous: Message
    exchange: Exchange | None = None
    repeated: bool = False


def send(
    interface: ChatInterface,
    who: Visitor,
    uuid: UUID,
    text: str,
    *,
    worker: str = "",
    key: UUID | None = None,
    may_create: bool = False,
    entered: Entered | None = None,
    attached: Sequence[Attached] = (),
    answering: Message | None = None,
) -> Exchange:
    """Add the visitor's message and an empty reply with its run: claimed by ``worker``, or queued without one.

    What becomes of it while another reply is being written is the chat's ``on_busy``: then the run is queued for the
    worker, and the exchange says its ``way``.
    ``entered`` is what the text stands for, where it is more than that; the message is sent with the files
    ``attached``. With ``may_create`` the conversation is made where it does not exist. A repeated ``key`` adds nothing
    and returns what it added the first time. What is said by something that a message offers, ``answering`` it, is
    said once: GoneOn is raised where that message is not the last one. Raises Conversation.DoesNotExist where it is not
    the visitor's, Busy where a reply is running and the chat takes no other message meanwhile, TooMany beyond the
    chat's rate limit, FileGone where a file is not there.
    """
    sent = partial(_send, interface, who, uuid, text, worker=worker, key=key, may_create=may_create)
    try:
        return sent(entered=entered, attached=attached, answering=answering)
    except (Busy, GoneOn, TooMany, FileGone, IntegrityError):
        # A repeat is rare, and found out by what it runs into: the reply to the first, the limit, the files, the key.
        if key and (earlier := earlier_of(find(who, uuid, interface.name), key)):
            return earlier
        raise


def earlier_of(conversation: Conversation, key: UUID | None) -> Exchange | None:
    """What was sent by this key already; None where nothing was."""
    question = Message.objects.filter(conversation=conversation, key=key).first() if key else None
    if question is None:
        return None
    reply = question.children.filter(run__isnull=False).select_related("run").order_by("pk").first()
    if reply is None or reply.run is None:
        return None
    return Exchange(conversation=conversation, question=question, reply=reply, run=reply.run, repeated=True)


@transaction.atomic
def _send(
    interface: ChatInterface,
    who: Visitor,
    uuid: UUID,
    text: str,
    *,
    worker: str,
    key: UUID | None,
    may_create: bool,
    entered: Entered | None,
    attached: Sequence[Attached],
    answering: Message | None,
) -> Exchange:
    conversation = opened(interface, who, uuid, may_create=may_create)
    if answering is not None and conversation.leaf_id != answering.pk:
        raise GoneOn
    way = make_way(interface, conversation)
    limits.count(interface, who)
    example = entered.example if entered is not None else None
    metadata: dict[str, Any] = {"example": example.index, "digest": example.digest} if example else {}
    if entered is not None and answering is not None:
        metadata[FILLED] = True
    if interface.additional is not None:
        metadata |= _below({**conversation.state, **(entered.state if entered is not None else {})})
    question = Message.objects.create(
        conversation=conversation,
        parent=conversation.leaf,
        role=Message.Role.USER,
        user_name=str(interface.user),
        avatar=stored(interface.avatar),
        parts=text_parts(text) if entered is None else entered.parts,
        html=render(text, interface.visitor_dialect) if entered is None else entered.html,
        metadata=metadata,
        key=key,
    )
    # Behind no leaf, others may have been the first message.
    if conversation.leaf_id is not None and conversation.leaf_continued is False:
        question.versions = [question.pk]
    if entered is not None:
        guidance.keep(conversation, entered.state, interface.standing(conversation.state)[0])
    if attached or (example and example.files):
        question.parts += [part for each in attached for part in uploads.claim(interface, question, each)]
        question.parts += [files.copied(question, path) for path in (example.files if example else ())]
        # Its files are rendered with it each time: what is served of them may have changed.
        question.html = ""
        question.save(update_fields=["parts", "html"])
    if conversation.title in ("", conversation.state.get(CALLED)):
        conversation.title = title_of(text or text_of(question.parts))
        search.index_title(conversation)
    trigger = Run.Trigger.EXAMPLE if example else Run.Trigger.SEND
    return reply_to(question, conversation, interface, trigger, worker, removed=[], way=way)


def _below(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered in the inputs below the chat, of what is kept of a conversation or a message."""
    return {name: value for name, value in kept.items() if name == additional.KEPT}


@transaction.atomic
def rerun(interface: ChatInterface, who: Visitor, uuid: UUID, reply_id: int, *, worker: str = "") -> Exchange:
    """Have the question of a reply on the path answered anew: the first one becomes a version, what followed it too.

    So is a reply tried again that was stopped, failed or interrupted. Raises NoQuestion where it is no reply, TooMany
    beyond the chat's rate limit.
    """
    conversation = locked(who, uuid, interface.name)
    reply = conversation.messages.get(pk=reply_id)
    require_idle(conversation)
    require_shown(reply)
    question = None if reply.role == Message.Role.USER else tree.question_of(conversation, reply)
    if question is None:
        raise NoQuestion
    if any(part.get("secret") for part in question.parts):
        raise NotKept
    limits.count(interface, who)
    trigger = Run.Trigger.RERUN if reply.status == Message.Status.DONE else Run.Trigger.RETRY
    return reply_to(question, conversation, interface, trigger, worker, removed=tree.leave(conversation, question.pk))


def edit(
    interface: ChatInterface,
    who: Visitor,
    uuid: UUID,
    message_id: int,
    text: str,
    *,
    worker: str = "",
    key: UUID | None = None,
) -> Edited:
    """Put a new version in the place of a message on the path; what followed that one leaves the path with it.

    A question is answered anew, unless the chat has an ``edit_callback`` instead. A repeated ``key`` changes nothing.
    Raises NotEditable where the chat does not allow it, TooMany beyond its rate limit, which an edited reply does not
    count for.
    """
    try:
        return _edit(interface, who, uuid, message_id, text, worker=worker, key=key)
    except (Busy, TooMany, GoneOn, IntegrityError):
        if key and (earlier := _edited(find(who, uuid, interface.name), key)):
            return earlier
        raise


@transaction.atomic
def _edit(
    interface: ChatInterface, who: Visitor, uuid: UUID, message_id: int, text: str, *, worker: str, key: UUID | None
) -> Edited:
    conversation = locked(who, uuid, interface.name)
    previous = conversation.messages.get(pk=message_id)
    require_idle(conversation)
    require_shown(previous)
    if not (is_editable(previous) and interface.may_edit(previous.role)):
        raise NotEditable
    if previous.role == Message.Role.USER:
        limits.count(interface, who)
    removed = tree.leave(conversation, previous.parent_id)
    message = Message.objects.create(
        conversation=conversation,
        parent_id=previous.parent_id,
        role=previous.role,
        user_name=previous.user_name,
        avatar=previous.avatar,
        parts=reworded(previous.parts, text),
        metadata={"edited": True, **_below(previous.metadata)},
        html=render(text, interface.visitor_dialect) if is_plain(previous.parts) else "",
        key=key,
    )
    if conversation.title == title_of(previous.text):
        conversation.title = title_of(text)
        search.index_title(conversation)
    if message.role == Message.Role.USER and interface.editable:
        exchange = reply_to(message, conversation, interface, Run.Trigger.EDIT, worker, removed=removed)
        return Edited(conversation=conversation, message=message, previous=previous, exchange=exchange)
    conversation.leaf = message
    changed(conversation, timezone.now())
    return Edited(conversation=conversation, message=message, previous=previous)


def is_editable(message: Message) -> bool:
    """Whether a message is text, or files with text, and not what another input than a text field has given."""
    return not any(part.get("type") == "input" for part in message.parts)


def written(message: Message) -> str:
    """What its writer wrote of a message, as it is edited: its texts without what else is in it."""
    return "\n\n".join(part["text"] for part in message.parts if part.get("type") == "text")


def locked(who: Visitor, uuid: UUID, interface: str) -> Conversation:
    """The visitor's conversation, which nobody else changes until the transaction's end."""
    return find(who, uuid, interface, lock=True)


def require_shown(message: Message) -> None:
    """Raise GoneOn where the message is not on the path."""
    if not message.active:
        raise GoneOn


def opened(interface: ChatInterface, who: Visitor, uuid: UUID, *, may_create: bool) -> Conversation:
    """The visitor's conversation, locked; with ``may_create`` it is made where it does not exist."""
    try:
        return locked(who, uuid, interface.name)
    except Conversation.DoesNotExist:
        if not may_create:
            raise
    conversation, created = Conversation.objects.get_or_create(
        uuid=uuid,
        defaults={
            "interface": interface.name,
            "user": who.account,
            "session_key": "" if who.user_id else who.session_key,
            "language": translation.get_language() or "",
        },
    )
    if created:
        # Nobody is asked who answers in it.
        conversation.active_until = None
    # Somebody else's conversation of that id, or the same visitor's other request that made it just now.
    return conversation if created else locked(who, uuid, interface.name)


def _edited(conversation: Conversation, key: UUID) -> Edited | None:
    message = Message.objects.filter(conversation=conversation, key=key).first()
    if message is None:
        return None
    exchange = earlier_of(conversation, key) if message.role == Message.Role.USER else None
    return Edited(conversation=conversation, message=message, previous=message, exchange=exchange, repeated=True)


def reply_to(
    question: Message,
    conversation: Conversation,
    interface: ChatInterface,
    trigger: Run.Trigger,
    worker: str,
    *,
    removed: list[int] | None,
    way: Way = Way.GO,
) -> Exchange:
    """Add the empty reply to a message of a locked conversation, with its run. See send()."""
    begun = begin(conversation, interface, trigger, worker, parent=question, way=way)
    return Exchange(
        conversation=conversation, question=question, reply=begun.reply, run=begun.run, removed=removed, way=way
    )


def title_of(text: str) -> str:
    """The title of a conversation that begins with this text."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def reworded(parts: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """The parts with this text in the place of their first one, or before all of them."""
    said, kept = text_parts(text), list[dict[str, Any]]()
    for part in parts:
        if part.get("type") != "text":
            kept.append(part)
        elif said:
            kept, said = [*kept, *said], []
    return [*said, *kept]

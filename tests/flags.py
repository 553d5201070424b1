"""Flags for the tests of their review: made as the page makes them, and by the hundred."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Max
from django.test import Client

import chatinterface as chat
from chatinterface import ChatInterface, registry
from chatinterface.content.markdown import render
from chatinterface.flags import flagging
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Flag, Message


def advisor(name: str = "ask", **attributes: Any) -> ChatInterface:
    """A chat with flags, registered once in a test."""
    if name not in registry.registered():
        chat.register(lambda message: message, **{"name": name, "flagging_mode": "manual", **attributes})
    return registry.registered()[name]


def said(conversation: Conversation, role: str, text: str, **fields: Any) -> Message:
    """A message at the end of a conversation."""
    last = conversation.messages.filter(active=True).last()
    parts = [{"type": "text", "text": text}]
    fields = {"parent": last, "parts": parts, "html": render(text), **fields}
    message = Message.objects.create(conversation=conversation, role=role, **fields)
    if message.active:
        conversation.leaf = message
        conversation.save()
    return message


def exchange(question: str = "How?", reply: str = "So.", *, name: str = "ask", user: str = "ann") -> Message:
    """A conversation of one question and one reply, which is returned."""
    owner, _created = User.objects.get_or_create(username=user)
    conversation = Conversation.objects.create(interface=name, user=owner)
    said(conversation, "user", question)
    return said(conversation, "assistant", reply)


def flag(message: Message, option: str = "Dislike", comment: str = "") -> Flag:
    """What the owner of the message's conversation thinks of it."""
    conversation = message.conversation
    interface = advisor(conversation.interface)
    assert conversation.user is not None
    flagged = flagging.flag(interface, Visitor(user=conversation.user), conversation.uuid, message.pk, option, comment)
    assert flagged.flag is not None
    return flagged.flag


def many(count: int, text: str = "words " * 30, **fields: Any) -> None:
    """So many flags at once, whose messages are gone."""
    user, _created = User.objects.get_or_create(username="many")
    first = (Flag.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    snapshot = {
        "conversation": "0",
        "before": [],
        "input": {"id": 1, "role": "user", "text": "How?", "html": "<p>How?</p>"},
        "output": {"id": first, "role": "assistant", "text": text, "html": f"<p>{text}</p>"},
    }
    fields = {"interface": "ask", "user": user, "option": "Like", "snapshot": snapshot, **fields}
    Flag.objects.bulk_create((Flag(**fields) for _ in range(count)), batch_size=500)


def staff(*permissions: str, name: str = "staff") -> Client:
    """A member of the staff with these permissions."""
    user = User.objects.create(username=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client

from itertools import cycle
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.urls import reverse

from chatinterface.content import markdown
from chatinterface.models import Conversation, Message
from project.instruments import script


class Command(BaseCommand):
    help = "Make a conversation of many messages for a user, and print its address."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chat", default="script")
        parser.add_argument("--user", default="demo")
        parser.add_argument("--messages", type=int, default=1000)
        parser.add_argument("--length", type=int, default=2000, help="characters of each message")

    @transaction.atomic
    def handle(self, *, chat: str, user: str, messages: int, length: int, **options: Any) -> None:
        owner = get_user_model().objects.get_by_natural_key(user)
        conversation = Conversation.objects.create(interface=chat, user=owner, title=f"{messages} messages")
        text = script.expected(f"large {length}")
        parts, html = [{"type": "text", "text": text}], markdown.render(text)
        roles = cycle([Message.Role.USER, Message.Role.ASSISTANT])
        parent = None
        for role, _ in zip(roles, range(messages), strict=False):
            parent = Message.objects.create(conversation=conversation, parent=parent, role=role, parts=parts, html=html)
        conversation.leaf = parent
        conversation.revision = messages
        conversation.save()
        self.stdout.write(reverse("chatinterface:conversation", args=[chat, conversation.uuid]))

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from chatinterface import search
from chatinterface.content import markdown
from chatinterface.models import Conversation, Message

TOPICS = [
    ("Bread with a long rise", "How long may a dough rise in the fridge?", "Up to **three days**: it gets more sour."),
    ("Names of the moons of Jupiter", "Which moons did Galileo see?", "Io, Europa, Ganymede and Callisto."),
    ("東京の天気", "東京都の天気はどうですか", "今日は晴れです。傘は要りません。"),
    ("Fehler beim Einrichten", "Was bedeutet „Zugriff verweigert“?", "Es fehlt das Recht zu **schreiben**."),
    ("خطة السفر", "كم يومًا نحتاج في القاهرة؟", "أربعة أيام تكفي لأهم الأماكن."),
    ("A poem for Ada", "Write two lines about engines.", "Brass and thought in rows,\n\nwhat is ordered, overflows."),
    ("Sorting a list of dictionaries", "How do I sort by a key?", "`sorted(rows, key=itemgetter('name'))`"),
    ("Which plants like shade?", "My garden is to the north.", "Ferns, hostas and ivy."),
]


class Command(BaseCommand):
    help = "Give a user a list of saved conversations of a chat, over the last weeks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chat", default="notebook")
        parser.add_argument("--user", default="demo")
        parser.add_argument("--conversations", type=int, default=60)

    @transaction.atomic
    def handle(self, *, chat: str, user: str, conversations: int, **options: Any) -> None:
        owner = get_user_model().objects.get_by_natural_key(user)
        now = timezone.now()
        for number in range(conversations):
            title, question, answer = TOPICS[number % len(TOPICS)]
            then = now - timedelta(hours=number * number / 2)
            conversation = Conversation.objects.create(
                interface=chat, user=owner, title=title, revision=1, created_at=then, updated_at=then
            )
            asked = self._say(conversation, None, Message.Role.USER, question)
            conversation.leaf = self._say(conversation, asked, Message.Role.ASSISTANT, answer)
            conversation.pinned_at = now if number == 5 else None
            conversation.archived_at = now if number % 10 == 9 else None
            conversation.unread = number == 2
            conversation.save()
            search.index_title(conversation)
        self.stdout.write(reverse("chatinterface:chat", args=[chat]))

    def _say(self, conversation: Conversation, parent: Message | None, role: Message.Role, text: str) -> Message:
        return Message.objects.create(
            conversation=conversation,
            parent=parent,
            role=role,
            user_name="You" if role == Message.Role.USER else "Notebook",
            parts=[{"type": "text", "text": text}],
            html=markdown.render(text),
        )

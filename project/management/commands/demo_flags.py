import random
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from chatinterface import registry
from chatinterface.content import markdown
from chatinterface.flags import flagging, reviewing
from chatinterface.history import Visitor
from chatinterface.models import Conversation, Flag, Message

# A question, a reply to it, what its reader thought of it, and a comment.
EXCHANGES = [
    (
        "How do I find the longest line of a file?",
        "Let Python compare the lines by their length:\n\n```python\nwith open(path) as file:\n"
        "    longest = max(file, key=len)\n```\n\nIt reads one line at a time.",
        "Like",
        "",
    ),
    (
        "Which of the two plans is cheaper for five people?",
        "| plan | each | five |\n|---|---:|---:|\n| Team | 12 € | 60 € |\n| Office | 9 € | 45 € |\n\n"
        "**Office** is cheaper from three people on.",
        "Wrong",
        "Office has a minimum of ten people, so Team is cheaper for us.",
    ),
    (
        "Can I water the cactus every day?",
        "Yes, plants need water every day, and a cactus is a plant.",
        "Dislike",
        "It drowned.",
    ),
    (
        "What does the error *permission denied* mean?",
        "> [!NOTE]\n> The system knows the file, and does not let you read it.\n\n"
        "Ask its owner, or look at it with `ls -l`.",
        "Like",
        "Short and clear, thank you!",
    ),
    (
        "Why is my parcel late?",
        "I have told you twice already. Read what I wrote.",
        "Unkind",
        "No way to talk to anybody.",
    ),
    (
        "What is the sum of the first n numbers?",
        "It is $\\frac{n(n+1)}{2}$: pair the first with the last, the second with the last but one, and so on.",
        "Like",
        "",
    ),
    ("May I return shoes that I have worn?", "It depends.", "Unclear", ""),
]
# Said before, in some of the conversations.
EARLIER = ("Good morning! Do you know the shop’s rules?", "I do. What would you like to know?")
BETTER = "No: once every two weeks is enough, and less in winter. Let the soil dry between two waterings."


class Command(BaseCommand):
    help = "Make conversations with flags, some of them reviewed, for a look at the review in the admin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--chat", default="advisor")
        parser.add_argument("--user", default="demo")
        parser.add_argument("--reviewer", default="admin")
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument("--count", type=int, default=60)

    @transaction.atomic
    def handle(self, *, chat: str, user: str, reviewer: str, days: int, count: int, **options: Any) -> None:
        users = get_user_model().objects
        staff, visitor = users.get_by_natural_key(reviewer), users.get_by_natural_key(user)
        chance = random.Random(1)
        now = timezone.now()
        for number in range(count):
            age = days * (1 - number / count) ** 1.5
            flag = self._flag(chat, visitor, number, chance)
            Flag.objects.filter(question=flag.question).update(created_at=now - timedelta(days=age, minutes=number))
            if age > 2 and chance.random() < 0.8:
                status = chance.choice([Flag.Status.ACCEPTED, Flag.Status.ACCEPTED, Flag.Status.DISMISSED])
                reviewing.decide(flag.pk, staff, status, "", was=Flag.Status.OPEN)
        self.stdout.write(f"{count} flags")

    def _flag(self, chat: str, visitor: Any, number: int, chance: random.Random) -> Flag:
        question, reply, option, comment = EXCHANGES[number % len(EXCHANGES)]
        conversation = Conversation.objects.create(interface=chat, user=visitor, title=question[:60])
        said = [*EARLIER, question, reply] if chance.random() < 0.7 else [question, reply]
        last = None
        for place, text in enumerate(said):
            last = self._message(conversation, last, text, asked=place % 2 == 0)
        assert last is not None
        flag = self._think(conversation, last, option, comment)
        if option == "Dislike":
            # The reply is run again, and the other version is liked.
            Message.objects.filter(pk=last.pk).update(active=False)
            last = self._message(conversation, last.parent, BETTER, asked=False)
            self._think(conversation, last, "Like", "")
        conversation.leaf = last
        conversation.save()
        return flag

    def _think(self, conversation: Conversation, message: Message, option: str, comment: str) -> Flag:
        interface = registry.registered()[conversation.interface]
        assert conversation.user is not None
        visitor = Visitor(user=conversation.user)
        flag = flagging.flag(interface, visitor, conversation.uuid, message.pk, option, comment).flag
        assert flag is not None
        return flag

    def _message(self, conversation: Conversation, parent: Message | None, text: str, *, asked: bool) -> Message:
        return Message.objects.create(
            conversation=conversation,
            parent=parent,
            role=Message.Role.USER if asked else Message.Role.ASSISTANT,
            user_name="You" if asked else "Assistant",
            parts=[{"type": "text", "text": text}],
            html=markdown.render(text),
        )

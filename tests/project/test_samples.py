"""The demo chats that show a sample of the guides, or how a chat may look: each is opened, and answers."""

import pytest
from django.contrib.auth.models import User
from django.test import AsyncClient

from chatinterface.models import Message
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

SAID = {
    "odd-or-even": ("abc", "an odd number"),
    "yes_or_no": ("Really?", ""),
    "always_agrees": ("Shall I?", "Yes!"),
    "streaming_echo": ("hi", "You typed: hi"),
    "one_line": ("four", "Found 4 characters."),
    "straight_away": ("four", "Got 4."),
    "once_more": ("four", "4 characters, from `ChatAreaInput`."),
    "checkout": ("Soup", "Where shall we bring it?"),
    "attentive": ("Hello", "a function of the site is told"),
    "house": ("Hello", "twice by the same author"),
    "long_read": ("Hello", "And so it went on."),
    "patient": ("Hello", "who wait for them."),
    "bare": ("Hello", "5 characters."),
    "sorry": ("0", "ZeroDivisionError"),
}


@pytest.mark.parametrize("name", SAID)
async def test_sample_answers(name: str) -> None:
    client = AsyncClient()
    await client.aforce_login(await User.objects.acreate(username="root", is_staff=True, is_superuser=True))
    said, text = SAID[name]
    await (await Tab.open(name, client)).ask(said)
    replies = [reply async for reply in Message.objects.filter(role="assistant")]
    assert text in " ".join(f"{reply.text} {reply.metadata.get('error', {}).get('text', '')}" for reply in replies)

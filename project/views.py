import inspect
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe

from chatinterface import registry
from chatinterface.content import markdown
from chatinterface.interface import ChatInterface
from project import instruments


@dataclass(frozen=True, slots=True)
class Card:
    """A chat on the home page, its source beside it."""

    interface: ChatInterface
    source: SafeString


@cache
def source(interface: ChatInterface) -> SafeString:
    """The coloured source of the chat: its decorated callback, or its class."""
    declared = interface.function if type(interface) is ChatInterface else type(interface)
    code = inspect.getsource(declared)
    return mark_safe(markdown.render(f"`````python\n{code}`````\n"))


def home(request: HttpRequest) -> HttpResponse:
    """All chats of the site."""
    cards = [Card(chat, source(chat)) for chat in registry.registered().values()]
    demos = [card for card in cards if not card.interface.function.__module__.startswith(instruments.__name__)]
    return render(request, "home.html", {"demos": demos, "instruments": [card for card in cards if card not in demos]})

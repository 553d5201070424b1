import inspect
import sys
from dataclasses import dataclass, field
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe

from chatinterface import registry
from chatinterface.content import markdown
from chatinterface.interface import ChatInterface
from project import chats
from project.instruments import chats as instruments


@dataclass(frozen=True, slots=True)
class Card:
    """A chat on the home page, with its source."""

    interface: ChatInterface
    source: SafeString


@dataclass(frozen=True, slots=True)
class Section:
    """The chats of one module, introduced by its docstring."""

    title: str
    intro: str
    cards: list[Card] = field(default_factory=list)


@cache
def source(interface: ChatInterface) -> SafeString:
    """The coloured source of the chat: its decorated callback, or its class."""
    declared = interface.function if type(interface) is ChatInterface else type(interface)
    code = inspect.getsource(declared)
    return mark_safe(markdown.render(f"`````python\n{code}`````\n"))


def sections() -> list[Section]:
    """All chats of the site by module: what there is to begin with, what builds on it, and the instruments."""
    found = {chats.__name__: Section("Basics", _intro(chats.__name__))}
    for interface in registry.registered().values():
        module = interface.function.__module__
        if module.startswith(f"{instruments.__package__}."):
            module = instruments.__name__
        title = "Instruments" if module == instruments.__name__ else module.rpartition(".")[2].capitalize()
        found.setdefault(module, Section(title, _intro(module))).cards.append(Card(interface, source(interface)))
    return sorted(found.values(), key=lambda section: section.title == "Instruments")


def _intro(module: str) -> str:
    return (inspect.getdoc(sys.modules[module]) or "").partition("\n")[0]


def home(request: HttpRequest) -> HttpResponse:
    """All chats of the site."""
    return render(request, "home.html", {"sections": sections()})

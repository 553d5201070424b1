"""The examples of a chat as its page shows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from django.templatetags.static import static
from django.urls import reverse

from chatinterface.examples import Example, posted
from chatinterface.icons import variants
from chatinterface.inputs import written
from chatinterface.interface import ChatInterface

# As many characters as an emoji may be made of.
LONGEST_EMOJI = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One example: what is beside its text, and what a click needs to know as JSON."""

    example: Example
    values: str = ""
    files: str = ""
    note: str = ""
    emoji: str = ""
    icon: str = ""
    image: str = ""


def cards(interface: ChatInterface) -> list[Card]:
    """The examples of a chat, in order."""
    return [_card(interface, example) for example in interface.shown_examples]


def _card(interface: ChatInterface, example: Example) -> Card:
    files = [
        reverse("chatinterface:example", args=[interface.name, example.index, number, path.name])
        for number, path in enumerate(example.files)
    ]
    notes = [path.name for path in example.files] if example.text or example.label else []
    values = {}
    if interface.additional is not None and example.additional:
        form = interface.additional.form()
        values = posted(example, form)
        for name, value in example.additional.items():
            notes.append(f"{form[name].label}: {written(form[name], value)}")
    mark = _mark(example.icon)
    images = [address for number, address in enumerate(files) if example.is_image(number)]
    if not mark and images:
        mark = {"image": images[0]}
    elif not mark and files:
        mark = {"icon": "outline/file"}
    return Card(
        example=example,
        values=json.dumps(values) if values else "",
        files=json.dumps(files) if files else "",
        note=" · ".join(notes),
        **mark,
    )


@cache
def _mark(given: str) -> dict[str, str]:
    """What an author has written for an icon: an emoji, the name of one of Tabler's, or the address of an image."""
    if not given:
        return {}
    if given.startswith(("/", "http:", "https:", "data:")):
        return {"image": given}
    if len(given) <= LONGEST_EMOJI and not given.isascii():
        return {"emoji": given}
    found = variants(given)
    return {"image": static(given)} if found is None else {"icon": found[0]}

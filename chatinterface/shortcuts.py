"""Which keys do what in a chat: those that work in it, and no others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from chatinterface.inputs import composes
from chatinterface.interface import ChatInterface


class Shortcut(NamedTuple):
    """Keys to be pressed together, as they are called, and what they do."""

    keys: tuple[str, ...]
    does: str


def shortcuts(interface: ChatInterface) -> list[Shortcut]:
    """The shortcuts of a chat, in the language of here."""
    return list(_listed(interface))


def _listed(interface: ChatInterface) -> Iterator[Shortcut]:
    enter, shift = pgettext("key", "Enter"), pgettext("key", "Shift")
    control, escape = pgettext("key", "Ctrl"), pgettext("key", "Esc")
    written = composes(interface.inputs)
    yield Shortcut(("/",), _("Go to the message field"))
    if written and interface.enter_sends:
        yield Shortcut((enter,), _("Send"))
        yield Shortcut((shift, enter), _("Break the line"))
    elif written:
        yield Shortcut((control, enter), _("Send"))
        yield Shortcut((enter,), _("Break the line"))
    if interface.may_be_stopped:
        yield Shortcut((escape,), _("Stop the reply"))
    if written and interface.may_edit("user"):
        yield Shortcut(("↑",), _("Edit your last message, while the field is empty"))
    if interface.may_edit("user") or interface.may_edit("assistant"):
        yield Shortcut((control, enter), _("Save what you have edited"))
        yield Shortcut((escape,), _("Leave it as it was"))
    yield Shortcut(("?",), _("Show this list"))

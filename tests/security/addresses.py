"""Every address of the app, and what may stand in it: one that is new is tried by itself, or it is asked for here."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import URLPattern, reverse
from django.urls.converters import get_converters

from chatinterface import urls

# What the arguments of addresses are, each with a name of something in the World, which has it by that name.
ARGUMENTS = {
    "name": "chat",
    "uuid": "conversation",
    "message": "reply",
    "part": "part",
    "file": "file",
    "prompt": "prompt",
    "token": "link",
    "button": "button",
    "version": "version",
    "index": "index",
    "number": "number",
    "filename": "filename",
}

# By the names of addresses: what is there for everybody, and belongs to nobody.
PUBLIC = {"chat", "history", "import", "example", "health", "library", "button-script", "shortcuts"}
SHARED = {"shared", "shared-file"}

# What only reads, by the names of addresses; all others act.
READING = (
    PUBLIC - {"import"}
    | SHARED
    | {
        *("conversation", "log", "message", "part", "file", "document", "rows", "download", "history-item", "links"),
        *("message-text", "text", "editor", "outputs", "export-markdown", "export-json"),
    }
)

# What is posted there by a page, by the names of addresses: fields, and what is in them.
POSTED: Mapping[str, Mapping[str, str]] = {
    "send": {"message": "hello"},
    "fill": {"message-guests": "2"},
    "react": {"reaction": "favorite", "given": "on"},
    "option": {"index": "0"},
    "edit": {"message": "other"},
    "flag": {"option": "Like", "comment": "good"},
    "rename": {"title": "stolen"},
    "answer": {"answer": "yes"},
    "share": {"shows_files": "on"},
}


@dataclass(frozen=True, slots=True)
class Address:
    """An address by its name, and the kinds of its arguments by their names."""

    name: str
    arguments: Mapping[str, str]

    @property
    def acts(self) -> bool:
        """Whether something is done there."""
        return self.name not in READING

    def path(self, values: Mapping[str, object]) -> str:
        """The address with these values, by the names of its arguments."""
        return reverse(f"{urls.app_name}:{self.name}", kwargs={each: values[each] for each in self.arguments})


def _address(pattern: URLPattern) -> Address:
    assert pattern.name is not None, "every address has a name"
    unknown = pattern.pattern.converters.keys() - ARGUMENTS.keys()
    assert not unknown, f"{pattern.name} has arguments of which ARGUMENTS does not say what they are: {unknown}"
    kinds = {converter: kind for kind, converter in get_converters().items()}
    return Address(pattern.name, {name: kinds[each] for name, each in pattern.pattern.converters.items()})


ADDRESSES = tuple(_address(pattern) for pattern in urls.urlpatterns)
ACTIONS = tuple(each for each in ADDRESSES if each.acts)
# What belongs to a conversation, and to its owner with it.
OWNED = tuple(each for each in ADDRESSES if "uuid" in each.arguments)

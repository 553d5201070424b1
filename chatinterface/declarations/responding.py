"""What readers can do with a message besides answering it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from chatinterface.declarations.base import Declaration
from chatinterface.icons import variants

# As many as fit below a message on a phone.
MOST = 8
LONGEST = 50


class Reaction(NamedTuple):
    """A reaction that can be given, and its icons: as it is, and as it is given."""

    name: str
    icon: str
    given: str


class Responding(Declaration):
    """Reactions to a message, the replies that it offers, and selecting it."""

    callables: ClassVar[tuple[str, ...]] = ("on_option_select", "on_select")

    # The reactions that a reply can be given, and their icons by Tabler's names: {"favorite": "heart"}.
    reaction_icons: Mapping[str, str] = {}
    # Called with (ChatSession, OptionEvent) when a reader chooses one of the replies that a message offers.
    on_option_select: Callable[..., Any] | None = None
    # Called with (ChatSession, SelectEvent) when a reader selects a message: by a click on it, or by its button.
    on_select: Callable[..., Any] | None = None

    if TYPE_CHECKING:
        # The reactions that are offered below a reply.
        offered: tuple[Reaction, ...]

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        icons = self.reaction_icons
        if not isinstance(icons, Mapping) or len(icons) > MOST:
            self.refuse(f"reaction_icons={icons!r} must be a dict of at most {MOST} names and icons.")
        offered = []
        for name, icon in icons.items():
            if not isinstance(name, str) or not 0 < len(name) <= LONGEST:
                self.refuse(f"reaction_icons has the name {name!r}: write 1 to {LONGEST} characters.")
            found = variants(icon) if isinstance(icon, str) else None
            if found is None:
                self.refuse(f"reaction_icons has the icon {icon!r}, which Tabler does not have. See tabler.io/icons.")
            offered.append(Reaction(name, *found))
        self.keep("offered", tuple(offered))
        for name in ("on_option_select", "on_select"):
            self.check_called(name, getattr(self, name), "session", "event")

"""Which inputs the conversation shows, and which one is active: how a callback guides its visitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from chatinterface import events, guidance
from chatinterface import widgets as known
from chatinterface.inputs import Declared, Input
from chatinterface.sessions.base import Session


class Shown(list[Declared]):
    """The inputs that are shown. It knows for what it may be mistaken."""

    def __getattr__(self, name: str) -> Any:
        if name in known.__all__:
            raise AttributeError(
                "chat.widgets is what the conversation shows, as chat is the ChatSession here, not the module. Write "
                f"`from chatinterface import widgets` and `widgets.{name}`, or name the parameter `instance`.",
                name=name,
                obj=self,
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)


class Guiding(Session):
    """Only inputs that the chat has declared can be shown; what is set reaches every open page, and stays.

    As in Panel ``active`` and ``widgets`` can be assigned: that is ``guide()``.
    """

    @property
    def active(self) -> int:
        """The place of the active input among those that are shown; -1 where there is no choice, as in Panel."""
        shown, active = self.interface.standing(self.conversation.state)
        return shown.index(active) if len(shown) > 1 else -1

    @active.setter
    def active(self, active: int | str | Declared) -> None:
        self.guide(active=active)

    @property
    def active_widget(self) -> Declared | None:
        """The active input, as it was declared; None where the chat has only the field for text."""
        name = self.interface.standing(self.conversation.state)[1]
        return self.interface.inputs[name].declared if name else None

    @property
    def widgets(self) -> list[Declared]:
        """The inputs that are shown, as they were declared."""
        return Shown(
            self.interface.inputs[name].declared for name in self.interface.standing(self.conversation.state)[0]
        )

    @widgets.setter
    def widgets(self, widgets: str | Declared | Sequence[str | Declared]) -> None:
        self.guide(widgets=widgets)

    def guide(
        self,
        *,
        active: int | str | Declared | None = None,
        widgets: str | Declared | Sequence[str | Declared] | None = None,
    ) -> None:
        """Show these inputs, and make this one of them active: by its place, its name, or as it was declared.

        Raises ValueError for what the chat has not declared, or does not show.
        """
        state = self._turned(active, widgets)
        if state:
            self.port.do(partial(self._announce, state))

    async def aguide(self, **chosen: Any) -> None:
        """See guide()."""
        state = self._turned(**{"active": None, "widgets": None, **chosen})
        if state:
            await self.port.ado(partial(self._announce, state))

    async def _announce(self, state: Mapping[str, Any]) -> None:
        revision = await self.port.store(guidance.turn, self.conversation, state)
        shown, active = self.interface.standing({**self.conversation.state, **state})
        frame = {"type": events.FORM_CHANGED, "revision": revision, "active": active, "shown": shown}
        await self.port.publish(frame)

    def _turned(
        self, active: int | str | Declared | None, widgets: str | Declared | Sequence[str | Declared] | None
    ) -> dict[str, Any]:
        state: dict[str, Any] = {}
        if widgets is not None:
            several = widgets if isinstance(widgets, list | tuple) else [widgets]
            state["inputs"] = [self._named(each).name for each in several]
            if not state["inputs"]:
                raise ValueError("widgets=[] would leave nothing to answer with: name at least one input.")
        shown, _ = self.interface.standing({**self.conversation.state, **state})
        if isinstance(active, int):
            # As Panel, which ignores it where there are no tabs.
            if len(shown) > 1:
                if not 0 <= active < len(shown):
                    raise ValueError(f"active={active} is no place among {len(shown)} inputs: {', '.join(shown)}.")
                state["input"] = shown[active]
        elif active is not None:
            state["input"] = self._named(active).name
            if state["input"] not in shown:
                raise ValueError(f"active={state['input']!r} is not shown now. Shown are: {', '.join(shown)}.")
        self.conversation.state = {**self.conversation.state, **state}
        return state

    def _named(self, given: Any) -> Input:
        for each in self.interface.inputs.values():
            if each.declared is given or each.name == given:
                return each
        known = ", ".join(self.interface.inputs) or "none"
        raise ValueError(
            f"{given!r} is not among the widgets of {self.interface!r}, whose names are: {known}. Declare it there, "
            "with visible=False where it is not to be shown at first."
        )

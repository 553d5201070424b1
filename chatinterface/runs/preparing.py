"""What a list of values shows, of which most may have been made when the callback yielded it before."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from chatinterface.content.components.base import Part
from chatinterface.content.markdown import normalise
from chatinterface.content.said import StepSaid
from chatinterface.runs import steps
from chatinterface.runs.making import Made, Maker

# How many times as long a text has become when the renderers see it again.
GROWTH = 1.25

# What a step shows: its part without an id, whether it is timed, and what is in it.
Step = tuple[Part, bool, list[Any]]
# A value, and what was made of it.
Kept = list[tuple[object, list[str | Made]]]


class Preparation:
    """Makes what one message shows, and keeps it until the whole message is told anew."""

    def __init__(self, maker: Maker, *, renders: bool) -> None:
        self._maker = maker
        # Whether there are renderers to be asked for texts.
        self._renders = renders
        self._made: Kept = []

    async def anew(self, items: list[Any], *, whole: bool) -> list[Any]:
        """What these items show, of which some were there already. Their texts may grow, unless they are ``whole``."""
        kept, self._made = self._made, []
        return await self.prepared(items, kept, whole=whole)

    async def prepared(self, items: list[Any], kept: Kept | None = None, *, whole: bool = False) -> list[Any]:
        """What these items show: texts, made parts, and steps."""
        kept = kept or []
        prepared: list[Any] = []
        for item in items:
            if isinstance(item, StepSaid):
                inner = await self.prepared(item.items, kept, whole=whole)
                step: Step = (steps.described(item.metadata), steps.is_timed(item.metadata), inner)
                prepared.append(step)
            elif type(item) is str:
                prepared += await self._rendered(item, kept, whole=whole) if self._renders and item else [item]
            else:
                made = next((made for source, made in kept if source is item or _same_file(source, item)), None)
                if made is None or (len(items) == 1 and not whole):
                    made = await self._maker.made(item)
                self._made.append((item, made))
                prepared += made
        return prepared

    async def _rendered(self, text: str, kept: Kept, *, whole: bool) -> list[str | Made]:
        """What the renderers make of a text. One that grows they see again when it is longer by a part of its length:
        else each of its tokens would cost as much as all of them.
        """
        earlier = [(source, made) for source, made in kept if type(source) is str and text.startswith(source)]
        seen, made = max(earlier, key=lambda each: len(each[0]), default=("", []))
        if not seen or len(text) > (len(seen) if whole else GROWTH * len(seen)):
            seen, made = text, await self._maker.made(text)
        self._made.append((seen, made))
        return [text] if made == [normalise(seen)] else made


def _same_file(one: object, other: object) -> bool:
    return isinstance(one, PurePath) and isinstance(other, PurePath) and one == other

"""How the log looks: who speaks, when, and in which shape."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from chatinterface.content.avatars import lookup
from chatinterface.declarations.base import Declaration, listed

LAYOUTS = ("bubble", "panel")
PROGRESS = ("full", "minimal", "hidden")

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise


class Appearance(Declaration):
    """The look of a chat's log."""

    # "bubble": the visitor's own messages in a tinted bubble at the end of the line, replies as plain text; "panel":
    # all of them in full rows.
    layout: Literal["bubble", "panel"] = "bubble"
    # Whether the log runs from right to left, whatever the language of the page.
    rtl: bool = False
    # Whether consecutive messages of one author show their name once.
    group_consecutive_messages: bool = True
    # What of a message is shown beside what it says.
    show_avatar: bool = True
    show_user: bool = True
    show_timestamp: bool = True
    # The time as strftime() would write it, "%H:%M" for instance; by default as the reader's language does.
    timestamp_format: str = ""
    # The time zone of the times, "Europe/Paris" for instance; by default the reader's own.
    timestamp_tz: str = ""
    # Avatars by name, added to those that are known already and before them: {"polly": "🦜", "bot": "shop/bot.png"}.
    default_avatars: Mapping[str, Any] = {}
    # The avatars of the visitor and of who replies, as Gradio takes them: (user, bot); None for none.
    avatar_images: Sequence[Any] | None = None
    # Whether the chat is as high as the window, and whether it is as wide as the page.
    fill_height: bool = True
    fill_width: bool = False
    # How it is shown that a reply has not begun: "minimal", by a mark after placeholder_threshold seconds; "full", by
    # the mark at once; "hidden", not at all.
    show_progress: Literal["full", "minimal", "hidden"] = "minimal"
    # Whether what replies show can be saved by a button: tables, pictures, sound and film. Files are, in any case.
    allow_file_downloads: bool = True
    # The height of the chat in pixels, or as CSS writes it; by default as fill_height says.
    height: int | str | None = None

    if TYPE_CHECKING:
        avatar: Any
        callback_avatar: Any
        user: _StrOrPromise
        callback_user: _StrOrPromise

    def settle(self) -> None:
        """See Declaration.settle(); takes the avatars that were given in pairs."""
        super().settle()
        if self.layout not in LAYOUTS:
            self.refuse(f"layout={self.layout!r} must be one of {listed(LAYOUTS)}.")
        if self.show_progress not in PROGRESS:
            self.refuse(f"show_progress={self.show_progress!r} must be one of {listed(PROGRESS)}.")
        if self.timestamp_tz and self.timestamp_tz not in zoneinfo.available_timezones():
            self.refuse(f"timestamp_tz={self.timestamp_tz!r} is no time zone. Write 'Europe/Paris', for instance.")
        if not isinstance(self.default_avatars, Mapping):
            self.refuse(f"default_avatars={self.default_avatars!r} must be a dict of names and avatars.")
        self._take_pair()

    def avatar_of(self, name: str, role: str, own: str = "") -> Any:
        """The avatar of a message: its ``own``, else that of its role where it has the role's name, else by its name.

        What has none gets "". As Panel's lookup, except that a chat that keeps the default names shows their avatars
        in any language.
        """
        if own:
            return own
        given, shown, default = {
            "user": (self.avatar, self.user, "user"),
            "assistant": (self.callback_avatar, self.callback_user, "assistant"),
        }.get(role, ("", "", role))
        if name != str(shown):
            return lookup(name, self.default_avatars)
        unnamed = shown is getattr(type(self), "user" if role == "user" else "callback_user", None)
        return given or lookup(name, self.default_avatars) or (lookup(default, self.default_avatars) if unnamed else "")

    def _take_pair(self) -> None:
        pair = self.avatar_images
        if pair is None:
            return
        if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
            self.refuse(f"avatar_images={pair!r} must be two: the visitor's avatar and that of who replies, or None.")
        for name, given in zip(("avatar", "callback_avatar"), pair, strict=True):
            if given and not getattr(self, name):
                self.keep(name, given)

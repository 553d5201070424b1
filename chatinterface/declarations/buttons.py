"""The buttons of a chat: which there are, how they look, and what a press does."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.serializers.json import DjangoJSONEncoder

from chatinterface.controls import actions
from chatinterface.declarations.base import Declaration, listed
from chatinterface.icons import variants
from chatinterface.spelling import nearest

if TYPE_CHECKING:
    from chatinterface.inputs import Input

# The buttons that every chat has, with their icons.
DEFAULTS = {
    "send": "outline/arrow-up",
    "stop": "filled/player-stop",
    "rerun": "outline/refresh",
    "undo": "outline/arrow-back-up",
    "clear": "outline/eraser",
}

NAME = re.compile(r"\w[\w -]{0,48}\w|\w")
KEYS = ("icon", "tooltip", "callback", "post_callback", "js_on_click")
ACTS = KEYS[2:]
SCRIPT_KEYS = ("code", "args")

ARGUMENT = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
# What no parameter of a function in a module may be called; "event" is given to it already.
# fmt: off
JAVASCRIPT = frozenset({
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete",
    "do", "else", "enum", "eval", "event", "export", "extends", "false", "finally", "for", "function", "if",
    "implements", "import", "in", "instanceof", "interface", "let", "new", "null", "package", "private",
    "protected", "public", "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "var",
    "void", "while", "with", "yield",
})
# fmt: on

# The width, in pixels, from which a chat has room for the names of its buttons, as in Panel.
ROOM_FOR_NAMES = 400


class ActiveWidget:
    """The input that is shown when a button is pressed: for the ``args`` of ``js_on_click``."""

    def __repr__(self) -> str:
        return "active_widget"


active_widget = ActiveWidget()


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button as it was declared. ``icon`` is the name of its drawing, or ""."""

    name: str
    icon: str = ""
    tooltip: Any = ""
    callback: Callable[..., Any] | None = None
    post_callback: Callable[..., Any] | None = None
    # The JavaScript module of its ``js_on_click``, and what its code is given: by name, {"value": …} or {"input": …}.
    script: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Its name as it is shown."""
        return (self.name[:1].upper() + self.name[1:]).replace("_", " ").replace("-", " ")

    @property
    def acts(self) -> bool:
        """Whether the server has something to do."""
        return self.callback is not None or self.post_callback is not None

    @property
    def digest(self) -> str:
        """What tells its script from every other."""
        return hashlib.sha256(self.script.encode()).hexdigest()[:32] if self.script else ""

    @property
    def given(self) -> str:
        """What its code is given, as JSON, in the language of here."""
        return json.dumps(self.args, cls=DjangoJSONEncoder)


class Buttons(Declaration):
    """The row of buttons, and those beside the text."""

    # Whether the buttons are there that send and that stop. Enter sends all the same.
    show_send: bool = True
    show_stop: bool = True
    # Whether buttons show their names; by default where the chat is wide enough, as in Panel.
    show_button_name: bool | None = None
    # Whether what a button does is said while it is pointed at or has the focus.
    show_button_tooltips: bool = False
    # How wide the chat is, in pixels; by default as wide as the page has it.
    width: int | None = None
    # What buttons look like and do, by their names: those that every chat has, and new ones in this order. Each is a
    # dict of some of icon, tooltip, callback, post_callback and js_on_click.
    button_properties: Mapping[str, Mapping[str, Any]] = {}

    if TYPE_CHECKING:
        inputs: Mapping[str, Input]
        submit_btn: Any
        stop_btn: Any

    @cached_property
    def row(self) -> tuple[Button, ...]:
        """The new buttons, in order."""
        return tuple(self.pressable(name) for name in self.button_properties if name not in DEFAULTS)

    @property
    def names_shown(self) -> bool:
        """Whether buttons show their names."""
        if self.show_button_name is None:
            return self.width is None or self.width >= ROOM_FOR_NAMES
        return self.show_button_name

    @property
    def default_buttons(self) -> dict[str, Button]:
        """The buttons that every chat has, by name."""
        return {name: self.pressable(name) for name in DEFAULTS}

    @property
    def may_be_sent(self) -> bool:
        """Whether there is a button that sends."""
        return self.show_send and bool(self.submit_btn)

    @property
    def may_be_stopped(self) -> bool:
        """Whether there is a button that stops."""
        return self.show_stop and bool(self.stop_btn)

    @property
    def scripted(self) -> bool:
        """Whether a press has the page run code of the chat's own."""
        return any(self.pressable(name).script for name in self.button_properties)

    def pressable(self, name: str) -> Button:
        """A button by its name: one that every chat has, or a new one. Raises KeyError where there is none."""
        buttons: dict[str, Button] = vars(self)["_buttons"]
        return buttons[name]

    def settle(self) -> None:
        """See Declaration.settle(); makes the buttons."""
        super().settle()
        if self.show_button_name not in (None, True, False):
            self.refuse(f"show_button_name={self.show_button_name!r} must be True, False, or None for what fits.")
        if isinstance(self.width, bool) or not (self.width is None or (isinstance(self.width, int) and self.width > 0)):
            self.refuse(f"width={self.width!r} must be a whole number of pixels, or None for the page's.")
        declared = self.button_properties
        if not isinstance(declared, Mapping):
            self.refuse(f"button_properties={declared!r} must be a dict of names, each with a dict of what it does.")
        made = {name: Button(name=name, icon=icon) for name, icon in DEFAULTS.items()}
        for name, properties in declared.items():
            made[name] = self._button(name, properties)
        self.keep("_buttons", made)

    def _button(self, name: Any, properties: Any) -> Button:
        called = f"button_properties[{name!r}]"
        if not isinstance(name, str) or not NAME.fullmatch(name):
            self.refuse(f"{called} has a name that cannot stand on a button: write letters, digits, spaces, '-', '_'.")
        if name.lower().replace(" ", "-").replace("_", "-") in actions() - DEFAULTS.keys():
            self.refuse(f"{called} has the name of another control of the page. Call it something else.")
        if not isinstance(properties, Mapping):
            self.refuse(f"{called} must be a dict of some of {listed(KEYS)}.")
        for key in properties.keys() - set(KEYS):
            near = nearest(str(key), KEYS)
            hint = f"Did you mean {near!r}?" if near else f"It has: {listed(KEYS)}."
            self.refuse(f"{called} has no property {key!r}. {hint}")
        if name not in DEFAULTS and not any(properties.get(key) for key in ACTS):
            self.refuse(f"{called} would do nothing. Give it a callback, a post_callback, or js_on_click.")
        for key in ("callback", "post_callback"):
            self.check_called(f"{called}[{key!r}]", properties.get(key), "instance", "event")
        script, args = self._script(f"{called}['js_on_click']", properties.get("js_on_click"))
        return Button(
            name=name,
            icon=self._icon(called, properties.get("icon")) or DEFAULTS.get(name, ""),
            tooltip=properties.get("tooltip") or "",
            callback=properties.get("callback"),
            post_callback=properties.get("post_callback"),
            script=script,
            args=args,
        )

    def _icon(self, called: str, icon: Any) -> str:
        if not icon:
            return ""
        found = variants(icon) if isinstance(icon, str) else None
        if found is None:
            self.refuse(f"{called} has the icon {icon!r}, which Tabler does not have. See tabler.io/icons.")
        return found[0]

    def _script(self, called: str, given: Any) -> tuple[str, dict[str, Any]]:
        if not given:
            return "", {}
        declared = {"code": given} if isinstance(given, str) else given
        if not isinstance(declared, Mapping) or not declared.keys() <= set(SCRIPT_KEYS):
            self.refuse(f"{called} must be JavaScript, or a dict of its 'code' and the 'args' that it is given.")
        code, args = declared.get("code"), declared.get("args") or {}
        if not isinstance(code, str) or not code.strip():
            self.refuse(f"{called} has no 'code'. Write there the JavaScript that a click runs.")
        if not isinstance(args, Mapping):
            self.refuse(f"{called} has args={args!r}, which must be a dict of names and values.")
        for name in args:
            if not isinstance(name, str) or not ARGUMENT.fullmatch(name) or name in JAVASCRIPT:
                self.refuse(f"{called} has an argument {name!r}, which no variable of JavaScript can be called.")
        parameters = f"{{ {', '.join(args)} }}" if args else "_"
        # The code ends with a line of its own: its last one may be a comment.
        script = f"export default async function ({parameters}, event) {{\n{code}\n}}\n"
        return script, {name: self._argument(f"{called}['args'][{name!r}]", value) for name, value in args.items()}

    def _argument(self, called: str, value: Any) -> dict[str, Any]:
        if isinstance(value, ActiveWidget):
            return {"input": ""}
        for each in self.inputs.values():
            if each.declared is value:
                return {"input": each.name}
        if isinstance(value, forms.Field) or (isinstance(value, type) and issubclass(value, forms.BaseForm)):
            self.refuse(f"{called} is an input that the chat does not have. Name it in widgets, too.")
        try:
            json.dumps(value, cls=DjangoJSONEncoder, allow_nan=False)
        except (TypeError, ValueError):
            self.refuse(f"{called}={value!r} cannot be written as JSON. Give it text, numbers, lists or dicts of such.")
        return {"value": value}

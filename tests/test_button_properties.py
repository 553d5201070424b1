"""What is declared of buttons: what is refused, and what the page has of it."""

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy

import chatinterface as chat
from chatinterface import ChatInterface, widgets
from chatinterface.controls import actions
from chatinterface.declarations.buttons import DEFAULTS
from chatinterface.shortcuts import shortcuts


def nothing(instance: chat.ChatSession, event: object) -> None: ...


def declared(properties: Any = None, **attributes: Any) -> ChatInterface:
    return ChatInterface(str.upper, name="ask", button_properties=properties or {}, **attributes)


def page(client: Client, properties: Any = None, **attributes: Any) -> str:
    chat.register(declared(properties, **attributes))
    return client.get("/chat/ask/").content.decode()


def button(page: str, name: str) -> str:
    """The HTML of a button."""
    found = re.search(rf'<button [^>]*data-action="{re.escape(name)}".*?</button>', page, re.DOTALL)
    assert found is not None
    return found[0]


# What is refused, and what it says


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        (["help"], "must be a dict of names"),
        ({"help": nothing}, "must be a dict of some of 'icon', 'tooltip', 'callback'"),
        ({"help": {"calback": nothing}}, "no property 'calback'. Did you mean 'callback'?"),
        ({"help": {"x": 1}}, "no property 'x'. It has: 'icon'"),
        ({"help": {}}, "would do nothing. Give it a callback"),
        ({"help": {"icon": "help"}}, "would do nothing. Give it a callback"),
        ({"help": {"icon": "no-such-icon", "callback": nothing}}, "'no-such-icon', which Tabler does not have"),
        ({"help": {"icon": 5, "callback": nothing}}, "which Tabler does not have"),
        ({"help": {"callback": "nothing"}}, "is not callable. Give it a function of (instance, event)."),
        ({"help": {"callback": lambda: None}}, "takes (), and is called with (instance, event)"),
        ({"clear": {"post_callback": lambda a, b, c: None}}, "takes (a, b, c), and is called with (instance, event)"),
        ({"": {"callback": nothing}}, "a name that cannot stand on a button"),
        ({"a/b": {"callback": nothing}}, "a name that cannot stand on a button"),
        ({'x"y': {"callback": nothing}}, "a name that cannot stand on a button"),
        ({"x" * 51: {"callback": nothing}}, "a name that cannot stand on a button"),
        ({5: {"callback": nothing}}, "a name that cannot stand on a button"),
        ({"copy": {"callback": nothing}}, "the name of another control of the page"),
        ({"Copy all": {"callback": nothing}}, "the name of another control of the page"),
        ({"help": {"js_on_click": {"args": {}}}}, "has no 'code'"),
        ({"help": {"js_on_click": " "}}, "has no 'code'"),
        ({"help": {"js_on_click": {"code": "1", "arguments": {}}}}, "a dict of its 'code' and the 'args'"),
        ({"help": {"js_on_click": 5}}, "a dict of its 'code' and the 'args'"),
        ({"help": {"js_on_click": {"code": "1", "args": ["x"]}}}, "must be a dict of names and values"),
        ({"help": {"js_on_click": {"code": "1", "args": {"a-b": 1}}}}, "'a-b', which no variable of JavaScript"),
        ({"help": {"js_on_click": {"code": "1", "args": {"class": 1}}}}, "'class', which no variable of JavaScript"),
        ({"help": {"js_on_click": {"code": "1", "args": {"event": 1}}}}, "'event', which no variable of JavaScript"),
        ({"help": {"js_on_click": {"code": "1", "args": {"x": object()}}}}, "cannot be written as JSON"),
        ({"help": {"js_on_click": {"code": "1", "args": {"x": float("nan")}}}}, "cannot be written as JSON"),
        ({"help": {"js_on_click": {"code": "1", "args": {"x": widgets.TextInput()}}}}, "Name it in widgets, too."),
    ],
)
def test_refused(properties: Any, said: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        ChatInterface(str.upper, name="ask", button_properties=properties)
    assert said in str(refused.value)


@pytest.mark.parametrize("width", [0, -5, True, "400", 4.5])
def test_refused_width(width: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="whole number of pixels"):
        declared(width=width)


def test_refused_show_button_name() -> None:
    with pytest.raises(ImproperlyConfigured, match="True, False, or None"):
        declared(show_button_name="yes")


@pytest.mark.parametrize("name", ["show_send", "show_stop", "show_button_tooltips"])
def test_refused_flags(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="True or False"):
        declared(**{name: 1})


def test_actions_of_the_page_are_known() -> None:
    assert DEFAULTS.keys() | {"copy", "share", "shortcuts", "copy-all", "revert"} <= actions()


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_default_names_are_no_new_buttons(name: str) -> None:
    assert declared({name: {"icon": "help"}}).row == ()


@pytest.mark.parametrize("name", ["Hilfe", "帮助", "new_topic", "Say it again"])
def test_names_in_any_language(name: str) -> None:
    (made,) = declared({name: {"callback": nothing}}).row
    assert made.name == name


# What the page has of it


@pytest.mark.django_db
def test_order_and_names(client: Client) -> None:
    properties = {"zebra": {"callback": nothing}, "clear": {"icon": "help"}, "new_topic": {"callback": nothing}}
    text = page(client, properties)
    row = text.partition('class="ci-buttons"')[2]
    assert re.findall(r'data-action="([^"]+)"', row)[:5] == ["zebra", "new_topic", "undo", "revert", "clear"]
    assert '<span class="ci-label">New topic</span>' in button(text, "new_topic")


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_icons(client: Client, name: str) -> None:
    """Another icon takes the place of the default one."""
    plain = declared().pressable(name).icon
    changed = declared({name: {"icon": "help"}}).pressable(name).icon
    assert (plain, changed) == (DEFAULTS[name], "outline/help")


@pytest.mark.django_db
def test_icon_is_drawn(client: Client) -> None:
    text = page(client, {"send": {"icon": "rocket"}, "go": {"icon": "rocket", "callback": nothing}})
    drawn = re.findall(r"<path[^>]+>", button(text, "go"))
    assert drawn
    assert re.findall(r"<path[^>]+>", button(text, "send")) == drawn


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["undo", "clear"])
def test_hidden(client: Client, name: str) -> None:
    text = page(client, **{f"show_{name}": False})
    assert f'data-action="{name}"' not in text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["send", "stop"])
@pytest.mark.parametrize("given", ["show", "btn"])
def test_hidden_beside_the_text(client: Client, name: str, given: str) -> None:
    attribute = f"show_{name}" if given == "show" else {"send": "submit_btn", "stop": "stop_btn"}[name]
    assert re.search(r"\shidden\b", button(page(client, **{attribute: False}), name).partition(">")[0])


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "attribute"), [("send", "submit_btn"), ("stop", "stop_btn")])
def test_text_in_place_of_the_icon(client: Client, name: str, attribute: str) -> None:
    found = button(page(client, **{attribute: "Off you go"}), name)
    assert "Off you go</button>" in found
    assert "<svg" not in found
    assert "aria-label" not in found


@pytest.mark.django_db
def test_no_row_without_buttons(client: Client) -> None:
    assert "ci-buttons" not in page(client, show_undo=False, show_clear=False)


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [({}, True), ({"width": 399}, False), ({"width": 400}, True), ({"width": 300, "show_button_name": True}, True)],
)
def test_names_are_shown_where_they_fit(attributes: dict[str, Any], *, shown: bool) -> None:
    assert declared(**attributes).names_shown is shown


@pytest.mark.django_db
def test_nameless_buttons_have_names(client: Client) -> None:
    text = page(client, {"help": {"icon": "help", "callback": nothing}}, show_button_name=False)
    assert "data-nameless" in text
    assert '<span class="ci-label">Help</span>' in button(text, "help")


@pytest.mark.django_db
def test_tooltips(client: Client) -> None:
    text = page(
        client,
        {"help": {"callback": nothing, "tooltip": "What to do"}, "clear": {"tooltip": "Wipe it"}},
        show_button_tooltips=True,
    )
    described = re.search(r'aria-describedby="([^"]+)"', button(text, "help"))
    assert described
    assert f'id="{described[1]}" aria-hidden="true" data-name="Help">What to do</span>' in button(text, "help")
    assert "Wipe it</span>" in button(text, "clear")
    assert "title=" not in button(text, "send")
    assert "Send the message</span>" in button(text, "send")


@pytest.mark.django_db
def test_width(client: Client) -> None:
    with translation.override("de"):
        assert 'data-width="1400"' in page(client, width=1400)


@pytest.mark.django_db
def test_plain_chat_needs_no_script(client: Client) -> None:
    text = page(client, {"help": {"callback": nothing}})
    assert "buttons.js" not in text
    assert "data-script" not in text


# JavaScript


@pytest.mark.django_db
def test_script_is_a_module(client: Client) -> None:
    code = "alert(draft.value) // </script>"
    args = {"draft": chat.active_widget, "text": "5 < 6", "numbers": [1, {"two": 2}]}
    text = page(client, {"help": {"js_on_click": {"code": code, "args": args}}})
    assert "buttons.js" in text
    found = button(text, "help")
    assert "hx-post" not in found
    assert code not in text
    address = re.search(r'data-script="([^"]+)"', found)
    given = re.search(r'data-args="([^"]+)"', found)
    assert address
    assert given
    assert json.loads(given[1].replace("&quot;", '"').replace("&lt;", "<")) == {
        "draft": {"input": ""},
        "text": {"value": "5 < 6"},
        "numbers": {"value": [1, {"two": 2}]},
    }
    response = client.get(address[1])
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]
    served = response.content.decode()
    assert served == f"export default async function ({{ draft, text, numbers }}, event) {{\n{code}\n}}\n"


def test_address_changes_with_the_code() -> None:
    one, same, other = (
        declared({"help": {"js_on_click": {"code": code, "args": args}}}).pressable("help").digest
        for code, args in (("1", {"x": 1}), ("1", {"x": 2}), ("2", {"x": 1}))
    )
    assert one == same != other


def test_code_alone() -> None:
    script = declared({"help": {"js_on_click": "alert(1)"}}).pressable("help").script
    assert script == "export default async function (_, event) {\nalert(1)\n}\n"


def test_declared_inputs_by_name() -> None:
    number = widgets.IntSlider(name="Number")
    interface = declared({"help": {"js_on_click": {"code": "1", "args": {"n": number}}}}, widgets=[number])
    assert json.loads(interface.pressable("help").given) == {"n": {"input": "Number"}}


def test_arguments_in_the_language_of_the_page() -> None:
    interface = declared({"help": {"js_on_click": {"code": "1", "args": {"yes": gettext_lazy("Yes")}}}})
    with translation.override("de"):
        assert json.loads(interface.pressable("help").given) == {"yes": {"value": "Ja"}}


@pytest.mark.django_db
def test_script_of_a_closed_chat(client: Client) -> None:
    page(client, {"help": {"js_on_click": "alert('secret')"}}, login_required=True)
    version = "0" * 32
    address = reverse("chatinterface:button-script", args=["ask", "help", version])
    assert client.get(address).status_code == 302
    client.force_login(User.objects.create(username="ann"))
    assert client.get(address).status_code == 404
    right = re.search(r'data-script="([^"]+)"', client.get("/chat/ask/").content.decode())
    assert right
    assert b"secret" in client.get(right[1]).content


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["help", "send", "none"])
def test_no_script_where_there_is_none(client: Client, name: str) -> None:
    page(client, {"help": {"callback": nothing}})
    assert client.get(reverse("chatinterface:button-script", args=["ask", name, "x"])).status_code == 404
    assert client.post(reverse("chatinterface:button-script", args=["ask", name, "x"])).status_code == 405


# Keys


def keys(**attributes: Any) -> list[str]:
    return ["+".join(each.keys) for each in shortcuts(declared(**attributes))]


def test_keys_of_a_plain_chat() -> None:
    assert keys() == ["/", "Enter", "Shift+Enter", "Esc", "?"]


def test_keys_are_those_that_work() -> None:
    assert "Esc" not in keys(show_stop=False)
    assert "Esc" not in keys(stop_btn=False)
    assert keys(enter_sends=False)[1:3] == ["Ctrl+Enter", "Enter"]
    assert keys(editable="user") == ["/", "Enter", "Shift+Enter", "Esc", "↑", "Ctrl+Enter", "Esc", "?"]
    assert keys(widgets=[widgets.IntSlider(name="Number")]) == ["/", "Esc", "?"]


@pytest.mark.django_db
def test_dialog(client: Client) -> None:
    page(client)
    text = client.get("/chat/ask/shortcuts/").content.decode()
    assert "<kbd>Shift</kbd>" in text
    assert client.post("/chat/ask/shortcuts/").status_code == 405
    assert client.get("/chat/none/shortcuts/").status_code == 404

"""What a chat declares of its log, and what its page makes of it."""

import re
from typing import Any, ClassVar

import pytest
from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import chatinterface as chat
from chatinterface import Chatbot, ChatInterface, authors
from chatinterface.declarations.chatbot import NAMES
from chatinterface.models import Conversation, Message


def answer(message: str) -> str:
    return message


def page_of(client: Client, conversation: Conversation | None = None, **attributes: Any) -> str:
    """The page of a chat that is declared like this."""
    interface = chat.register(ChatInterface(answer, name="ask", **attributes))
    path = f"/chat/{interface.name}/"
    if conversation is not None:
        path = reverse("chatinterface:conversation", args=["ask", conversation.uuid])
    return client.get(path).content.decode()


def said(owner: User, *messages: tuple[str, str]) -> Conversation:
    """A conversation of these roles and names."""
    conversation = Conversation.objects.create(user=owner, interface="ask", revision=len(messages))
    for role, name in messages:
        conversation.leaf = Message.objects.create(
            conversation=conversation, parent=conversation.leaf, role=role, user_name=name, html="<p>said</p>"
        )
    conversation.save()
    return conversation


@pytest.fixture
def ann() -> User:
    return User.objects.create(username="ann")


@pytest.fixture
def ann_client(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"layout": "bubbles"}, "must be one of 'bubble', 'panel'"),
        ({"rtl": "yes"}, "rtl='yes' must be True or False"),
        ({"timestamp_tz": "Mars/Base"}, "is no time zone"),
        ({"default_avatars": ["a"]}, "must be a dict"),
        ({"avatar_images": "ab"}, "must be two"),
        ({"latex_delimiters": "$"}, "no list of delimiters"),
        ({"latex_delimiters": [{"left": "$"}]}, "Write a list of dicts"),
        ({"latex_delimiters": [{"left": "$", "right": "$$"}]}, "ends with as many"),
        ({"allow_tags": "think"}, "a list of names"),
        ({"sanitize_html": None}, "must be True or False"),
        ({"initial_messages": "Hi"}, "must be a list of texts"),
        ({"initial_messages": [{"role": "bot", "content": "Hi"}]}, "has the role 'bot'"),
        ({"load_buffer": 0}, "1 to 500"),
        ({"auto_scroll_limit": -1}, "a number of pixels"),
        ({"view_latest": 1}, "must be True or False"),
        ({"buttons": ["copie"]}, "must be a list of some of"),
        ({"show_copy_icon": 1}, "must be True or False"),
        ({"chatbot": {"layout": "panel"}}, "must be a Chatbot"),
        ({"message_params": {"colour": "red"}}, "must be a dict of some of"),
        ({"message_params": {"show_user": False}, "show_user": True}, "in message_params, and beside it"),
        ({"show_progress": "some"}, "must be one of 'full', 'minimal', 'hidden'"),
        ({"chatbot": Chatbot(rtl=True), "rtl": False}, "is declared twice"),
    ],
)
def test_wrong_declarations(attributes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(reason)):
        ChatInterface(answer, **attributes)


def test_chatbot_names_closest() -> None:
    with pytest.raises(TypeError, match="Did you mean 'layout'"):
        Chatbot(layuot="panel")


def test_chatbot_sets_attributes() -> None:
    interface = ChatInterface(answer, chatbot=Chatbot(layout="panel", rtl=True, placeholder="Ask"))
    assert (interface.layout, interface.rtl, interface.placeholder) == ("panel", True, "Ask")


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ([], "must be a dict of some of css_classes"),
        ({"header_colour": "red"}, "Did you mean 'header_color'"),
        ({"collapsed": True}, "does not fold"),
        ({"header_color": "red; background: url(//evil)"}, "is no colour"),
        ({"header_background": 3}, "is no colour"),
        ({"hide_header": "yes"}, "must be True or False"),
    ],
)
def test_wrong_card_params(params: Any, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        ChatInterface(answer, name="ask", card_params=params)


def test_card_params_are_attributes() -> None:
    with pytest.raises(ImproperlyConfigured, match="title is declared twice: in card_params"):
        ChatInterface(answer, name="ask", title="One", card_params={"title": "Two"})


def test_card_params_are_in_the_page(client: Client) -> None:
    page = page_of(
        client,
        card_params={
            "title": "Harbour",
            "hide_header": True,
            "header_background": "var(--brand)",
            "header_color": "rgb(0 10 20 / 50%)",
        },
    )
    for text in (
        "<h1>Harbour</h1>",
        "data-hide-header",
        'data-header-background="var(--brand)"',
        'data-header-color="rgb(0 10 20 / 50%)"',
    ):
        assert text in page


def test_message_params_set_attributes() -> None:
    interface = ChatInterface(answer, message_params={"show_timestamp": False, "reaction_icons": {"ok": "check"}})
    assert (interface.show_timestamp, interface.offered[0].name) == (False, "ok")


def test_dialects_of_both_sides() -> None:
    interface = ChatInterface(answer, sanitize_html=False, allow_tags=["<Think>"], line_breaks=False)
    assert (interface.dialect.sanitise, interface.visitor_dialect.sanitise) == (False, True)
    assert interface.visitor_dialect.unknown_tags == frozenset({"think"})
    assert not interface.dialect.line_breaks
    assert ChatInterface(answer).dialect.line_breaks


def test_avatar_of_role_and_name() -> None:
    interface = ChatInterface(answer, callback_avatar="P", default_avatars={"carl": "C"})
    assert interface.avatar_of("Assistant", "assistant") == "P"
    assert interface.avatar_of("Carl", "assistant") == "C"
    assert interface.avatar_of("Carl", "assistant", "X") == "X"
    assert interface.avatar_of("Error", "assistant") == "❌"


def test_default_names_have_avatars() -> None:
    assert ChatInterface(answer).avatar_of("Assistant", "assistant") == "🤖"
    assert ChatInterface(answer, callback_user="Polly").avatar_of("Polly", "assistant") == ""


def test_pair_gives_way() -> None:
    interface = ChatInterface(answer, avatar_images=("A", "B"), avatar="C")
    assert (interface.avatar, interface.callback_avatar) == ("C", "B")


def test_avatars_are_drawn() -> None:
    file = ContentFile(b"")
    file.url = "/media/bot.png"  # type: ignore[attr-defined]
    assert authors.drawn("🦜") == authors.Avatar(text="🦜")
    assert authors.drawn("shop/bot.png") == authors.Avatar(image="/static/shop/bot.png")
    assert authors.drawn("https://example.com/b.png").image == "https://example.com/b.png"
    assert authors.drawn(file).image == "/media/bot.png"
    assert authors.stored(file) == ""


@pytest.mark.django_db
def test_names_are_said_once(ann: User, ann_client: Client) -> None:
    conversation = said(ann, ("user", "Ann"), ("assistant", "A"), ("assistant", "A"), ("assistant", "B"))
    articles = page_of(ann_client, conversation).split("<article")[1:]
    assert ["data-continues" in each for each in articles] == [False, False, True, False]


@pytest.mark.django_db
def test_names_are_said_each_time(ann: User, ann_client: Client) -> None:
    conversation = said(ann, ("assistant", "A"), ("assistant", "A"))
    assert "data-continues" not in page_of(ann_client, conversation, group_consecutive_messages=False)


@pytest.mark.django_db
def test_grouping_costs_no_queries(ann: User, ann_client: Client) -> None:
    page_of(ann_client)
    counts = []
    for length in (2, 40):
        address = reverse("chatinterface:conversation", args=["ask", said(ann, *[("assistant", "A")] * length).uuid])
        with CaptureQueriesContext(connection) as queries:
            assert ann_client.get(address).content.count(b"data-continues") == length - 1
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_what_is_hidden(ann: User, ann_client: Client) -> None:
    conversation = said(ann, ("assistant", "Ada"))
    page = page_of(ann_client, conversation, show_avatar=False, show_user=False, show_timestamp=False)
    assert not {"ci-avatar", "ci-name", "ci-time"} & set(re.findall(r'class="(ci-[\w-]+)"', page))


@pytest.mark.django_db
def test_root_says_how_it_looks(client: Client) -> None:
    page = page_of(
        client,
        layout="panel",
        rtl=True,
        fill_width=True,
        fill_height=False,
        height=400,
        timestamp_format="%H:%M",
        timestamp_tz="Asia/Tokyo",
        autoscroll=False,
        scroll_button_threshold=0,
        view_latest=False,
        show_progress="full",
    )
    for attribute in (
        'data-layout="panel"',
        'dir="rtl"',
        "data-fill-width",
        "data-content-height",
        'data-height="400"',
        'data-timestamp-format="%H:%M"',
        'data-timestamp-tz="Asia/Tokyo"',
        'data-scroll-limit="0"',
        'data-scroll-button="0"',
        "data-view-first",
        'data-progress="full"',
    ):
        assert attribute in page


@pytest.mark.django_db
def test_opening_stands_above(ann: User, ann_client: Client) -> None:
    page = page_of(
        ann_client,
        said(ann, ("user", "Ann")),
        header="**Top**",
        help_text="*Help* me",
        initial_messages=["First", {"role": "user", "content": "Second", "user": "Bo"}],
    )
    places = [page.index(text) for text in ("<strong>Top", "<em>Help</em>", ">First", ">Bo<", ">Second", ">said")]
    assert places == sorted(places)


@pytest.mark.django_db
def test_opening_comes_with_the_oldest(ann: User, ann_client: Client) -> None:
    conversation = said(ann, *[("assistant", "A")] * 3)
    page = page_of(ann_client, conversation, help_text="Help me", load_buffer=2)
    assert (page.count("data-message="), "Help me" in page) == (2, False)
    older = conversation.messages.order_by("pk")[1].pk
    fragment = ann_client.get(reverse("chatinterface:log", args=["ask", conversation.uuid]), {"before": older})
    assert "Help me" in fragment.content.decode()


def test_chatbot_knows_attributes() -> None:
    missing = {"allow_file_downloads", "editable", "like_user_message", "reasoning_tags"}
    assert NAMES - missing <= ChatInterface.attributes()


@pytest.mark.django_db
def test_styles_of_a_site(ann_client: Client) -> None:
    page = page_of(ann_client, css_classes=["house", "two"], stylesheets=["shop/chat.css", "https://example.com/a.css"])
    assert 'class="house two"' in page
    ours, shop, other = (
        page.index(f'{each}"') for each in ("chatinterface.css", "/static/shop/chat.css", ".com/a.css")
    )
    assert ours < shop < other


@pytest.mark.parametrize(
    "attributes",
    [
        {"css_classes": "house"},
        {"css_classes": ["two words"]},
        {"css_classes": ['"><script>']},
        {"stylesheets": "shop/chat.css"},
        {"stylesheets": [".ci-log { color: red }"]},
        {"analytics_enabled": "no"},
    ],
)
def test_wrong_styles_are_refused(attributes: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match=next(iter(attributes))):
        ChatInterface(answer, **attributes)


@pytest.mark.django_db
def test_media_of_widgets_is_loaded(client: Client) -> None:
    class Slow(forms.TextInput):
        class Media:
            css: ClassVar[dict[str, list[str]]] = {"all": ["shop/slow.css"]}
            js: ClassVar[list[str]] = ["shop/slow.js"]

    chat.register(ChatInterface(answer, name="ask", widgets=forms.CharField(widget=Slow)))
    page = client.get("/chat/ask/").content.decode()
    assert "/static/shop/slow.css" in page
    assert '<script src="/static/shop/slow.js">' in page


def test_analytics_are_accepted() -> None:
    assert ChatInterface(answer, analytics_enabled=True).analytics_enabled

"""A site in which somebody has said something secret, and others come by: who they are, and what is there."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django import forms
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

import chatinterface as chat
from chatinterface import FormData
from chatinterface.models import Conversation, Message, Prompt, Run
from tests.reading import ReadingClient
from tests.sending import Page

SECRET = "mellon-7f3a"
CHAT = "talk"

# Who is not the owner: the reader has a link to what the owner has said.
STRANGERS = ("nobody", "another session", "another user", "staff", "reader")

# What is theirs, by its path from the owner.
OWNED_MODELS = {
    "Conversation": "user",
    "Message": "conversation__user",
    "Attachment": "conversation__user",
    "SharedLink": "conversation__user",
    "Run": "conversation__user",
    "Prompt": "run__conversation__user",
    "Flag": "message__conversation__user",
    "Upload": "user",
}


# What is posted by scripts, or stands on a page only after something was said.
OTHER_FIELDS = {
    *("option", "comment", "reaction", "given", "index", "key", "title", "off", "file", "shows_files", "example"),
    *("uploads", "uploads_token", "answer", "message-guests", "message-name"),
}


class Booking(forms.Form):
    """What a reply asks for."""

    guests = forms.IntegerField(min_value=1)
    name = forms.CharField(required=False)


def answer(message: Any, *additional: Any) -> Any:
    """Answer what is secret by one of everything that can be shown."""
    if isinstance(message, FormData) or message["text"] != SECRET:
        return "Noted."
    table = chat.Table([[SECRET, 1]], columns=["who", "how many"])
    shown = [SECRET, chat.Form(Booking), table, chat.Frame(f"<b>{SECRET}</b>")]
    return chat.ChatMessage(shown, options=[{"value": "yes"}, {"value": "no"}])


def register() -> None:
    """Register a chat with all that has an address, one with inputs, one of plain text, and one that asks who comes."""
    chat.register(
        answer,
        name=CHAT,
        multimodal=True,
        max_file_size="100kb",
        save_history=True,
        shareable=True,
        editable="all",
        on_busy="parallel",
        flagging_mode="manual",
        reaction_icons={"favorite": "heart"},
        forms=[Booking],
        examples=["hello"],
        additional_inputs=["slider", "textbox", "datetime", "checkboxgroup"],
        button_properties={
            "help": {"callback": lambda instance, event: "Help"},
            "look": {"js_on_click": "look()"},
        },
        on_copy=lambda session, event: None,
        on_select=lambda session, event: None,
    )
    chat.register(
        lambda message: "Noted.",
        name="inputs",
        widgets=[
            forms.IntegerField(label="Count"),
            forms.DecimalField(label="Price"),
            forms.DateField(label="Day"),
            forms.DateTimeField(label="Time"),
            forms.MultipleChoiceField(label="Several", choices=[("a", "A"), ("b", "B")]),
            forms.JSONField(label="Data"),
            forms.FileField(label="Letter"),
            Booking,
        ],
    )
    chat.register(lambda message: "Noted.", name="plain", on_busy="parallel")
    chat.register(lambda message: "Noted.", name="members", login_required=True)


class World:
    """The owner's browser and those of others, and what is there.

    ``names`` has the ids of what is there: of the kinds in addresses.ARGUMENTS, and others. ``fields`` are the names of
    all fields that pages have.
    """

    def __init__(self) -> None:
        register()
        ann = User.objects.create_user("ann", email=f"{SECRET}@example.com", last_name=SECRET)
        bob = User.objects.create_user("bob")
        sam = User.objects.create_user("sam", is_staff=True)
        sam.user_permissions.set(Permission.objects.exclude(content_type__app_label="chatinterface"))
        self.owner = _logged_in(ann)
        self._clients: dict[str, Callable[[], ReadingClient]] = {
            "owner": lambda: self.owner,
            "nobody": ReadingClient,
            "another session": partial(_again, _somebody()),
            "another user": partial(_again, _logged_in(bob)),
            "staff": partial(_again, _logged_in(sam)),
            "reader": ReadingClient,
        }
        self.conversation = _said(self.owner, SECRET)
        self.other = _said(self.owner, "hello")
        self.plain = _said(self.owner, SECRET, "plain")
        # A page on which nobody has said anything yet.
        self.fresh = Page(CHAT)
        self.names = self._named()
        self.other.refresh_from_db()
        pages = self.owner.get("/chat/inputs/").content + self.owner.get(f"/chat/{CHAT}/").content
        self.fields = {*re.findall(r'name="([^"]+)"', pages.decode()), *OTHER_FIELDS}
        models: list[Any] = [*apps.get_app_config("chatinterface").get_models(), Session]
        self._rows = [(model, list(model._base_manager.all())) for model in models]

    def client(self, who: str) -> ReadingClient:
        """A browser of the owner, or of one of STRANGERS."""
        return self._clients[who]()

    def restore(self) -> None:
        """Let everything be as it was."""
        with transaction.atomic():
            for model, _rows in self._rows:
                model._base_manager.all()._raw_delete("default")
            for model, rows in self._rows:
                model._base_manager.bulk_create(rows)

    def owned(self) -> list[Any]:
        """All that is the owner's, as the database has it: only the owner changes it."""
        return [
            list(apps.get_model("chatinterface", name)._base_manager.filter(**{f"{path}__username": "ann"}).values())
            for name, path in OWNED_MODELS.items()
        ]

    def everything(self) -> list[Any]:
        """All that the database has of chats and sessions."""
        return [list(model._base_manager.values()) for model, _rows in self._rows]

    def _named(self) -> dict[str, str]:
        reply = self.conversation.messages.get(role="assistant")
        parts = {part.get("component", part["type"]): part for part in reply.parts}
        page = _page(self.owner, self.conversation)
        upload = page.upload(b"secret", f"{SECRET}.txt")
        share = self.owner.post(page.url("share"), {"shows_files": ""})
        assert share.status_code == 200
        self.owner.post(page.url("flag", reply.pk), {"option": "Like", "comment": SECRET})
        return {
            "chat": CHAT,
            "conversation": str(self.conversation.uuid),
            "reply": str(reply.pk),
            "question": str(reply.parent_id),
            "form": parts["form"]["id"],
            "part": parts["table"]["id"],
            "file": str(self.conversation.attachments.get(content_type="text/html").uuid),
            "table": str(self.conversation.attachments.exclude(content_type="text/html").get().uuid),
            "upload": str(upload),
            "prompt": self._asked(),
            "other": str(self.other.uuid),
            "fresh": str(self.fresh.uuid),
            "token": self.fresh.token,
            "link": self.conversation.links.get().token,
            "button": "help",
            "version": "1",
            "index": "0",
            "number": "0",
            "filename": "hello.txt",
        }

    def _asked(self) -> str:
        """The id of a question that a run asks in the owner's other conversation."""
        lease = timezone.now() + timedelta(days=1)
        run = Run.objects.create(conversation=self.other, status=Run.Status.RUNNING, lease_until=lease)
        Message.objects.create(
            conversation=self.other, parent=self.other.leaf, run=run, role="assistant", status="running"
        )
        return str(Prompt.objects.create(run=run, key=uuid4()).key)


def _logged_in(user: User) -> ReadingClient:
    client = ReadingClient()
    client.force_login(user)
    return client


def _somebody() -> ReadingClient:
    """Who has said something without an account."""
    client = ReadingClient()
    _said(client, "hello")
    return client


def _again(client: ReadingClient) -> ReadingClient:
    """The same visitor, as they came: whatever a request has done to the cookies of the last one."""
    again = ReadingClient()
    again.cookies = client.cookies.copy()  # type: ignore[assignment]
    return again


def _said(client: ReadingClient, text: str, name: str = CHAT) -> Conversation:
    page = Page(name, client)
    response = page.send(text)
    assert response.status_code == 204, response.content
    return page.conversation()


def _page(client: ReadingClient, conversation: Conversation) -> Page:
    page = Page(CHAT, client)
    page.uuid = conversation.uuid
    return page

import os
import secrets
import subprocess
import sys
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from hypothesis import settings
from psycopg.sql import SQL, Identifier

from chatinterface import models
from chatinterface.models import Attachment, Conversation, Flag, Message, Run
from tests.server import ROOT

db = pytest.mark.django_db


@db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@db
@pytest.mark.parametrize("both", [False, True])
def test_conversation_has_one_owner(*, both: bool) -> None:
    owner: dict[str, Any] = {"user": User.objects.create(username="ann"), "session_key": "key"} if both else {}
    with pytest.raises(IntegrityError, match="chatinterface_conversation_has_one_owner"):
        Conversation.objects.create(**owner)


@db
def test_owner_rule_in_words() -> None:
    with pytest.raises(ValidationError, match="a user or to a session, and not to both"):
        Conversation(interface="ask").full_clean()


@db
def test_key_is_once_in_a_conversation() -> None:
    conversation, other = (Conversation.objects.create(session_key="key") for _ in range(2))
    key = uuid4()
    Message.objects.create(conversation=conversation, role="user", key=key)
    Message.objects.create(conversation=other, role="user", key=key)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.create(conversation=conversation, role="user", key=key)


@db
def test_messages_without_key() -> None:
    conversation = Conversation.objects.create(session_key="key")
    for _ in range(2):
        Message.objects.create(conversation=conversation, role="user")
    assert conversation.messages.count() == 2


@db
def test_uuid_is_once() -> None:
    uuid = Conversation.objects.create(session_key="key").uuid
    with pytest.raises(IntegrityError):
        Conversation.objects.create(session_key="key", uuid=uuid)


@db
@pytest.mark.parametrize("anonymous", [False, True])
def test_one_flag_a_reader(*, anonymous: bool) -> None:
    message = Message.objects.create(conversation=Conversation.objects.create(session_key="key"), role="user")
    owner: dict[str, Any] = {"session_key": "key"} if anonymous else {"user": User.objects.create(username="ann")}
    Flag.objects.create(message=message, option="Like", **owner)
    Flag.objects.create(message=message, option="Like", session_key="other")
    with pytest.raises(IntegrityError):
        Flag.objects.create(message=message, option="Dislike", **owner)


@db
def test_flag_has_one_owner() -> None:
    with pytest.raises(IntegrityError, match="chatinterface_flag_has_one_owner"):
        Flag.objects.create(option="Like")


@db
def test_deleted_user_takes_all() -> None:
    user = User.objects.create(username="ann")
    conversation = Conversation.objects.create(user=user)
    run = Run.objects.create(conversation=conversation)
    conversation.leaf = Message.objects.create(conversation=conversation, role="user", run=run)
    conversation.save()
    Flag.objects.create(message=conversation.leaf, user=user, option="Like")
    user.delete()
    for model in (Conversation, Run, Message, Flag):
        assert not model._default_manager.exists()


@db
def test_reviewer_may_go() -> None:
    reviewer = User.objects.create(username="ann")
    flag = Flag.objects.create(session_key="key", option="Like", reviewer=reviewer)
    reviewer.delete()
    flag.refresh_from_db()
    assert flag.reviewer is None


def test_text_of_parts() -> None:
    message = Message(parts=[{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}])
    assert message.text == "a\n\nb"


def test_names_in_lists() -> None:
    conversation = Conversation(title="")
    assert str(conversation) == str(conversation.uuid)
    assert str(Conversation(title="Hello")) == "Hello"
    assert str(Message(pk=7, role="user")) == "user 7"
    assert str(Run(pk=7, status="done")) == "7: done"
    assert str(Attachment(name="a.txt")) == "a.txt"
    assert str(Flag(pk=7, option="Like")) == "Like 7"


@pytest.mark.parametrize("name", ["../x", "..\\x", "C:\\x", "\\\\host\\x", "a\0b", "a" * 300, "\u202etxt.exe", "CON"])
def test_upload_is_stored_under_our_name(name: str) -> None:
    conversation = Conversation()
    path = models.attachment_path(Attachment(conversation=conversation, name=name), name)
    folder, chat, file = path.split("/")
    assert (folder, chat) == ("chatinterface", conversation.uuid.hex)
    assert len(file) == 32
    assert int(file, 16)


@db
def test_upload_goes_to_its_storage(tmp_path: Any) -> None:
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    with override_settings(STORAGES={"default": files, "chatinterface": files}):
        assert models.attachment_storage() is storages["chatinterface"]
    with override_settings(STORAGES={"default": files}):
        assert models.attachment_storage() is default_storage
        attachment = Attachment(conversation=Conversation(), name="../x", size=1)
        attachment.file.storage = default_storage
        attachment.file.save("../x", ContentFile(b"x"), save=False)
    (stored,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert stored.parent.parent == tmp_path / "chatinterface"


@db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads the plan of SQLite")
@pytest.mark.parametrize(
    ("query", "index"),
    [
        (lambda: Message.objects.filter(conversation=1, active=True).order_by("-id")[:51], "chatinterface_shown_path"),
    ],
)
def test_lists_use_their_index(query: Any, index: str) -> None:
    plan = query().explain()
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_postgres(postgres: str) -> None:
    """The migrations apply there, leave nothing to migrate, and these rules hold there too."""
    names = ("models", "conversations", "history", "checkpoints", "concurrency", "panel", "search", "transcripts")
    tests = [f"tests/test_{name}.py" for name in names]
    name = f"chatinterface_{secrets.token_hex(8)}"
    database = f"{postgres.rpartition('/')[0]}/{name}"
    options = ["-q", "-p", "no:cacheprovider", "-k", "not test_postgres"]
    # A thread of a run may still be closing its connection when the last test is over: here it is dropped by force.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--reuse-db", *tests],
        cwd=ROOT,
        env=os.environ
        | {"DATABASE_URL": database, "CI": "", "HYPOTHESIS_PROFILE": settings.get_current_profile_name()},
        capture_output=True,
        text=True,
        check=False,
    )
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(f"test_{name}")))
    assert done.returncode == 0, done.stdout

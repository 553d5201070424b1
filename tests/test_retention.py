"""What is deleted when its time is over, and what goes with what."""

import json
import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatinterface import ChatInterface, files, hooks, personal_data, retention, tasks, transcripts
from chatinterface.models import Attachment, Conversation, Flag, Message, Upload
from chatinterface.retention import Pruned
from tests.flags import advisor, exchange, flag, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files of the test are."""
    place = tmp_path / "uploads"
    monkeypatch.setattr(Attachment._meta.get_field("file"), "storage", FileSystemStorage(location=place))
    return place


def age(conversation: Conversation, days: float) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now() - timedelta(days=days))


def orphan(conversation: Conversation, hours: float) -> Attachment:
    made = files.keep(conversation, b"text", name="note.txt")
    Attachment.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(hours=hours))
    return made


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"retention": 0}, "retention=0 must be a number of days"),
        ({"retention": True}, "retention=True must be"),
        ({"retention": 1.5}, "retention=1.5 must be"),
        ({"flag_retention": -1}, "flag_retention=-1 must be"),
        ({"delete_cache": 3600}, "delete_cache=3600 must be"),
        ({"delete_cache": (0, 1)}, "must be .frequency, age."),
        ({"delete_cache": (1, 2, 3)}, "must be .frequency, age."),
    ],
)
def test_wrong_declarations(attributes: dict[str, Any], said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        ChatInterface(str.upper, **attributes)


# Conversations


def test_old_conversations_go() -> None:
    advisor(retention=30)
    advisor("other")
    old, young, other = exchange(), exchange(), exchange(name="other")
    for reply in (old, other):
        age(reply.conversation, 31)
    age(young.conversation, 29)
    assert retention.prune().conversations == 1
    assert set(Conversation.objects.all()) == {young.conversation, other.conversation}
    assert not Message.objects.filter(pk=old.pk).exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=20)
@given(ages=st.lists(st.integers(1, 60), max_size=12), chunk=st.integers(1, 5), days=st.integers(1, 60))
def test_law_of_retention(ages: list[int], chunk: int, days: int) -> None:
    """Exactly what is older goes, in chunks of any size; a dry run foretells it, and deletes nothing."""
    Conversation.objects.all().delete()
    interface = advisor(f"law-{days}", retention=days)
    for each in ages:
        made = Conversation.objects.create(interface=interface.name, session_key="x")
        age(made, each + 0.5)
    foretold = retention.prune(dry_run=True, chunk=chunk)
    assert Conversation.objects.count() == len(ages)
    assert retention.prune(chunk=chunk) == foretold
    assert foretold.conversations == sum(each >= days for each in ages)
    assert retention.prune() == Pruned(conversations=0, flags=0, uploads=0)


def test_what_visitors_deleted_goes() -> None:
    reply = exchange()
    Conversation.objects.update(deleted_at=timezone.now() - timedelta(days=1))
    assert retention.prune(dry_run=True).conversations == 1
    assert retention.prune().conversations == 1
    assert not Message.objects.filter(pk=reply.pk).exists()


def test_queries_of_a_chunk() -> None:
    """Not more for a conversation of many messages."""
    advisor(retention=1)
    numbers = []
    for length in (1, 30):
        reply = exchange()
        for number in range(length):
            said(reply.conversation, "user", f"text {number}")
        age(reply.conversation, 2)
        with CaptureQueriesContext(connection) as captured:
            retention.prune()
        numbers.append(len(captured))
    assert numbers[1] - numbers[0] <= 2


# Flags


def test_flags_go_with_their_conversation() -> None:
    flag(exchange())
    Conversation.objects.all().delete()
    assert not Flag.objects.exists()


def test_flags_outlive_their_conversation() -> None:
    """As long as their chat says."""
    advisor(flag_retention=30)
    which = flag(exchange())
    Conversation.objects.all().delete()
    which.refresh_from_db()
    assert which.message is None
    assert which.snapshot["output"]["text"] == "So."
    assert retention.prune().flags == 0
    Flag.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert retention.prune().flags == 1


def test_flags_stay_with_their_conversation() -> None:
    """However old they are."""
    advisor(flag_retention=1)
    flag(exchange())
    Flag.objects.update(created_at=timezone.now() - timedelta(days=100))
    assert retention.prune().flags == 0


def test_flags_of_a_pruned_conversation() -> None:
    advisor(retention=10, flag_retention=100)
    advisor("other", retention=10)
    kept, gone = flag(exchange()), flag(exchange(name="other"))
    for conversation in Conversation.objects.all():
        age(conversation, 11)
    retention.prune()
    assert list(Flag.objects.all()) == [kept]
    assert not Flag.objects.filter(pk=gone.pk).exists()


def test_flags_go_with_their_user() -> None:
    """Also those that have outlived their conversation."""
    advisor(flag_retention=30)
    which = flag(exchange(user="ann"))
    Conversation.objects.all().delete()
    assert Flag.objects.filter(pk=which.pk).exists()
    User.objects.get(username="ann").delete()
    assert not Flag.objects.exists()


# Files


@pytest.mark.django_db(transaction=True)
def test_deleting_a_user_deletes_their_files(storage: Path) -> None:
    reply = exchange(user="ann")
    files.keep(reply.conversation, b"mine", name="mine.txt", message=reply)
    other = exchange(user="bob")
    kept = files.keep(other.conversation, b"theirs", name="theirs.txt", message=other)
    assert len([path for path in storage.rglob("*") if path.is_file()]) == 2
    User.objects.get(username="ann").delete()
    (left,) = [path for path in storage.rglob("*") if path.is_file()]
    assert left == Path(kept.file.path)
    assert not Conversation.objects.filter(user__username="ann").exists()


@pytest.mark.django_db(transaction=True)
def test_unsent_files_go(storage: Path) -> None:
    """After the age that the chat says; by default after a day."""
    advisor(delete_cache=(60, 3600))
    advisor("other")
    mine, other = exchange(), exchange(name="other")
    gone, kept = orphan(mine.conversation, 2), orphan(other.conversation, 2)
    sent = files.keep(mine.conversation, b"sent", name="sent.txt", message=mine)
    Attachment.objects.filter(pk=sent.pk).update(created_at=timezone.now() - timedelta(days=9))
    assert retention.prune(dry_run=True).uploads == 1
    assert retention.prune().uploads == 1
    assert set(Attachment.objects.all()) == {kept, sent}
    assert not Path(gone.file.path).exists()
    Attachment.objects.filter(pk=kept.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert retention.prune().uploads == 1


def test_unfinished_uploads_go() -> None:
    advisor()
    user = User.objects.create(username="ann")
    upload = Upload.objects.create(
        uuid=uuid4(), place=uuid4(), interface="ask", user=user, name="half.bin", size=10, content_type=""
    )
    Upload.objects.filter(pk=upload.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert retention.prune(dry_run=True).uploads == 1
    assert retention.prune().uploads == 1
    assert not Upload.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_delete_cache_sweeps_while_the_chat_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as it says, and no more."""
    swept: list[str] = []
    monkeypatch.setattr(hooks, "in_callback_thread", lambda call: swept.append(call.args[1]))
    cache.clear()
    advisor(delete_cache=(3600, 60))
    advisor("other")
    for name in ("ask", "ask", "other"):
        Client().get(f"/chat/{name}/")
    assert swept == ["ask"]


# Commands and tasks


def test_prune_command() -> None:
    advisor(retention=1)
    age(exchange().conversation, 2)
    said = StringIO()
    call_command("chatinterface_prune", "--dry-run", stdout=said)
    assert said.getvalue() == "Would delete 1 conversations, 0 flags, 0 unsent files.\n"
    assert Conversation.objects.exists()
    call_command("chatinterface_prune", "--chunk=1", stdout=said)
    assert said.getvalue().endswith("Deleted 1 conversations, 0 flags, 0 unsent files.\n")
    assert not Conversation.objects.exists()


def test_prune_task() -> None:
    advisor(retention=1)
    age(exchange().conversation, 2)
    result = tasks.prune.enqueue()
    assert result.return_value == {"conversations": 1, "flags": 0, "uploads": 0}


# Export


def everything(user: str = "ann") -> Message:
    reply = exchange("How?", "**So.**", user=user)
    attached = files.keep(reply.conversation, b"bytes \0 and more", name="../../plan.txt", message=reply)
    reply.parts = [*reply.parts, files.part(attached)]
    reply.save()
    flag(reply, "Like", "well said")
    return reply


def read(target: Path, name: str) -> bytes:
    if target.suffix != ".zip":
        return (target / name).read_bytes()
    with zipfile.ZipFile(target) as archive:
        return archive.read(name)


@pytest.mark.parametrize("name", ["ann", "ann.zip"])
def test_export(tmp_path: Path, name: str) -> None:
    """All that is theirs, nothing of another's; a conversation can be read back."""
    reply = everything()
    everything("bob")
    target = personal_data.export_user(User.objects.get(username="ann"), tmp_path / name)
    index = json.loads(read(target, "index.json"))
    (conversation,) = index["conversations"]
    (file,) = conversation["files"]
    assert (index["user"], index["flags"], conversation["chat"]) == ("ann", 1, "ask")
    assert read(target, file["path"]) == b"bytes \0 and more"
    assert ".." not in file["path"]
    assert b"**So.**" in read(target, conversation["markdown"])
    line = json.loads(read(target, "flags.jsonl"))
    assert (line["option"], line["comment"], line["saw"]["output"]["parts"]) == ("Like", "well said", reply.parts)
    data = json.loads(read(target, conversation["json"]))
    assert [each["role"] for each in data["messages"]] == ["user", "assistant"]
    assert data == json.loads(json.dumps(transcripts.to_json(reply.conversation)))


def test_export_of_links(tmp_path: Path) -> None:
    """The live and the revoked, where they lead, and none of another's."""
    reply = everything()
    others = everything("bob")
    others.conversation.links.create(token="theirs", leaf=others)
    revoked = timezone.now()
    link = reply.conversation.links.create(token="one", leaf=reply)
    reply.conversation.links.create(token="two", leaf=reply, revoked_at=revoked)
    target = personal_data.export_user(User.objects.get(username="ann"), tmp_path / "ann")
    one, two = json.loads(read(target, "index.json"))["conversations"][0]["shared"]
    assert one["path"] == reverse("chatinterface:shared", args=["ask", "one"])
    assert one["created"].startswith(f"{link.created_at:%Y-%m-%dT%H:%M:%S}")
    assert (one["revoked"], one["shows_files"]) == (None, False)
    assert two["path"].endswith("/s/two/")
    assert two["revoked"].startswith(f"{revoked:%Y-%m-%dT%H:%M:%S}")
    assert "theirs" not in read(target, "index.json").decode()


def test_export_says_what_is_missing(tmp_path: Path) -> None:
    everything()
    attachment = Attachment.objects.get()
    Path(attachment.file.path).unlink()
    target = personal_data.export_user(User.objects.get(username="ann"), tmp_path / "out")
    assert json.loads(read(target, "index.json"))["conversations"][0]["files"][0]["missing"]


def test_export_of_nothing(tmp_path: Path) -> None:
    user = User.objects.create(username="new")
    target = personal_data.export_user(user, tmp_path / "new.zip")
    assert json.loads(read(target, "index.json"))["conversations"] == []


def test_export_command(tmp_path: Path) -> None:
    everything()
    said = StringIO()
    target = tmp_path / "data" / "ann.zip"
    call_command("chatinterface_export_user", "ann", "--output", str(target), stdout=said)
    assert said.getvalue() == f"{target}\n"
    assert zipfile.is_zipfile(target)
    with pytest.raises(CommandError, match="is there already"):
        call_command("chatinterface_export_user", "ann", "--output", str(target))
    with pytest.raises(CommandError, match="no user 'eve'"):
        call_command("chatinterface_export_user", "eve")


def test_export_task(tmp_path: Path) -> None:
    everything()
    result = tasks.export_user.enqueue("ann", str(tmp_path / "out"))
    assert result.return_value == str(tmp_path / "out")


def test_queries_of_an_export(tmp_path: Path) -> None:
    """A fixed number for each conversation, whatever it holds."""
    numbers = []
    for length in (1, 40):
        reply = exchange(user=f"user{length}")
        for number in range(length):
            said(reply.conversation, "user", f"text {number}")
        with CaptureQueriesContext(connection) as captured:
            personal_data.export_user(reply.conversation.user, tmp_path / str(length))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]

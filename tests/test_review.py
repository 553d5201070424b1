"""Flags in the admin: the queue, the review, who may do what."""

import base64
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.storage import FileSystemStorage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from chatinterface import files
from chatinterface.models import Attachment, Conversation, Flag
from tests.flags import advisor, exchange, flag, many, said, staff

pytestmark = pytest.mark.django_db

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)><form action="/admin/"></template></div>'
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
LIST = "admin:chatinterface_flag_changelist"
SUMMARY = "admin:chatinterface_flag_summary"


class Elements(HTMLParser):
    """What a page has of attributes, scripts of its own, and forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.scripts = 0
        self.actions: set[str | None] = set()
        self.opened: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened[tag] += 1
        self.names.update(name for name, _value in attrs)
        self.scripts += tag == "script" and "src" not in dict(attrs)
        if tag == "form":
            self.actions.add(dict(attrs).get("action"))

    def handle_endtag(self, tag: str) -> None:
        self.closed[tag] += 1


def review(number: Flag, filters: str = "") -> str:
    address = reverse("admin:chatinterface_flag_change", args=[number.pk])
    return f"{address}?_changelist_filters={filters}" if filters else address


def export(kind: str) -> str:
    return reverse("admin:chatinterface_flag_export", args=[kind])


def listed(client: Client, query: str = "") -> list[int]:
    page = client.get(f"{reverse(LIST)}?{query}")
    assert page.status_code == 200
    return [each.pk for each in page.context["cl"].result_list]


def queries(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def decide(client: Client, which: Flag, status: str, **fields: str) -> Any:
    return client.post(review(which), {"status": status, "was": "open", "note": "", **fields})


@pytest.fixture
def reviewer() -> Client:
    return staff("review_flag", "view_message", "view_conversation")


# Permissions

VIEWS = ["list", "review", "summary", "next"]


def address_of(view: str, which: Flag) -> str:
    if view == "export":
        return export("csv")
    name = {"list": "changelist", "summary": "summary", "next": "next"}.get(view)
    return reverse(f"admin:chatinterface_flag_{name}") if name else review(which)


@pytest.mark.parametrize("view", [*VIEWS, "export"])
@pytest.mark.parametrize("who", ["owner", "other", "anonymous", "staff"])
def test_nobody_else_looks(view: str, who: str) -> None:
    """Neither the reader whose flag it is, nor anybody else, nor staff without a permission."""
    which = flag(exchange(user="ann"))
    client = Client()
    if who == "staff":
        client = staff()
    elif who != "anonymous":
        client.force_login(User.objects.get_or_create(username="ann" if who == "owner" else "bob")[0])
    assert client.get(address_of(view, which)).status_code == (403 if who == "staff" else 302)
    decide(client, which, "accepted")
    which.refresh_from_db()
    assert which.status == "open"


@pytest.mark.parametrize("permission", ["view_flag", "review_flag"])
@pytest.mark.parametrize("view", VIEWS)
def test_who_may_look(view: str, permission: str) -> None:
    which = flag(exchange())
    assert staff(permission).get(address_of(view, which)).status_code == (302 if view == "next" else 200)


def test_who_views_cannot_decide() -> None:
    client = staff("view_flag", "change_flag", "add_flag")
    which = flag(exchange())
    page = client.get(review(which)).content.decode()
    assert "data-decision" not in page
    assert decide(client, which, "accepted").status_code == 403
    client.post(reverse(LIST), {"action": "accept_selected", "_selected_action": [which.pk]})
    assert client.get(reverse("admin:chatinterface_flag_add")).status_code == 403
    which.refresh_from_db()
    assert which.status == "open"


def test_export_needs_its_own() -> None:
    which = flag(exchange())
    client = staff("review_flag", "view_flag")
    assert client.get(export("csv")).status_code == 403
    assert "export" not in client.get(reverse(LIST)).content.decode()
    answer = client.post(reverse(LIST), {"action": "export_csv", "_selected_action": [which.pk]})
    assert "csv" not in answer.headers["Content-Type"]
    assert staff("export_flag", name="exporter").get(export("csv")).status_code == 403
    assert staff("export_flag", "view_flag", name="both").get(export("csv")).status_code == 200


def test_around_needs_its_own() -> None:
    """What was said beside the flagged exchange is for who may view messages."""
    reply = exchange()
    said(reply.conversation, "user", "A secret of later")
    which = flag(reply)
    page = staff("review_flag").get(review(which)).content.decode()
    assert "A secret" not in page
    assert reverse("admin:chatinterface_message_change", args=[reply.pk]) not in page
    page = staff("review_flag", "view_message", name="reader").get(review(which)).content.decode()
    assert "A secret" in page


def test_deletion_needs_its_own(reviewer: Client) -> None:
    which = flag(exchange())
    path = reverse("admin:chatinterface_flag_delete", args=[which.pk])
    assert path not in reviewer.get(review(which)).content.decode()
    assert reviewer.post(path, {"post": "yes"}).status_code == 403
    client = staff("view_flag", "delete_flag", name="cleaner")
    assert path in client.get(review(which)).content.decode()
    assert client.post(path, {"post": "yes"}).status_code == 302
    assert not Flag.objects.exists()


# The list


def test_open_ones_come_first(reviewer: Client) -> None:
    done, old, new = (flag(exchange()) for _ in range(3))
    decide(reviewer, done, "accepted")
    Flag.objects.filter(pk=done.pk).update(created_at=timezone.now() + timedelta(days=1))
    assert listed(reviewer) == [new.pk, old.pk, done.pk]


def test_filters(reviewer: Client) -> None:
    advisor("other", flagging_options=["Rude", "Like"])
    first = flag(exchange(user="ann"), "Dislike")
    second = flag(exchange(name="other", user="bob"), "Rude")
    decide(reviewer, second, "dismissed")
    Flag.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(days=40))
    assert listed(reviewer, "chat=ask") == [first.pk]
    assert listed(reviewer, "option=Rude") == [second.pk]
    assert listed(reviewer, "user=bob") == [second.pk]
    assert listed(reviewer, "status__exact=dismissed") == [second.pk]
    assert listed(reviewer, f"day={timezone.localdate(second.created_at)}") == [second.pk]
    assert listed(reviewer, "day=2026-02-31") == listed(reviewer)
    assert listed(reviewer, urlencode({"created_at__gte": str(timezone.now() - timedelta(days=1))})) == [second.pk]


def test_anonymous_filter(reviewer: Client) -> None:
    flag(exchange())
    anonymous = Flag.objects.create(interface="ask", session_key="abcdefghij", option="Like")
    assert listed(reviewer, "user=anonymous") == [anonymous.pk]


def test_session_is_never_shown() -> None:
    """Its key would open it."""
    which = Flag.objects.create(interface="ask", session_key="abcdefghij", option="Like")
    client = staff("review_flag", "export_flag")
    for address in (reverse(LIST), review(which)):
        assert b"abcdefghij" not in client.get(address).content
    for kind in ("csv", "messages", "pairs"):
        assert b"abcdefghij" not in client.get(export(kind)).getvalue()


@pytest.mark.parametrize("query", ["pears", "Größe", "too long", "ann"])
def test_search(reviewer: Client, query: str) -> None:
    which = flag(exchange("apples and pears", "Größe"), comment="much too long")
    flag(exchange("grapes", user="bob"))
    assert listed(reviewer, f"q={query}") == [which.pk]


def test_queries_of_the_list(reviewer: Client) -> None:
    flag(exchange())
    few = queries(lambda: reviewer.get(reverse(LIST)))
    many(200)
    assert queries(lambda: reviewer.get(reverse(LIST))) == few


def test_list_reads_no_snapshots(reviewer: Client) -> None:
    many(5)
    with CaptureQueriesContext(connection) as captured:
        reviewer.get(reverse(LIST))
    assert not [each["sql"] for each in captured if '"chatinterface_flag"."snapshot", "' in each["sql"]]


def test_queue_has_an_index(reviewer: Client) -> None:
    many(2000)
    statement = Flag.objects.order_by("-status", "-created_at", "-pk").values("pk")[:50]
    assert "chatinterface_flag_queue" in statement.explain()


# The review


def test_shows_what_was_seen(reviewer: Client) -> None:
    """The snapshot, and not what has become of it."""
    reply = exchange("*How?*", "**So.**")
    which = flag(reply, comment="Not so")
    reply.conversation.messages.update(parts=[], html="<p>changed</p>")
    page = reviewer.get(review(which)).content.decode()
    for shown in ("<em>How?</em>", "<strong>So.</strong>", "Not so", "Flagged: Dislike"):
        assert shown in page
    assert "changed" not in page


def test_marks_the_message(reviewer: Client) -> None:
    reply = exchange()
    said(reply.conversation, "user", "And then?")
    said(reply.conversation, "assistant", "Then so.")
    which = flag(reply)
    page = reviewer.get(review(which)).content.decode()
    assert page.count("data-marked") == 1
    assert page.index("data-marked") < page.index("And then?")


def test_after_the_deletion(reviewer: Client) -> None:
    """What was kept is shown, with what was said before."""
    advisor(flag_retention=30)
    reply = exchange("First question", "First reply")
    said(reply.conversation, "user", "Second question")
    which = flag(said(reply.conversation, "assistant", "Second reply"))
    Conversation.objects.all().delete()
    page = reviewer.get(review(which)).content.decode()
    for shown in ("First reply", "Second question", "Second reply", "was deleted"):
        assert shown in page


def test_after_an_undo(reviewer: Client) -> None:
    """What led to a message that is no longer shown."""
    reply = exchange("First question", "First reply")
    question = said(reply.conversation, "user", "Second question")
    answer = said(reply.conversation, "assistant", "Second reply")
    which = flag(answer)
    reply.conversation.messages.filter(pk__gte=question.pk).update(active=False)
    said(reply.conversation, "user", "Another way", parent=reply)
    page = reviewer.get(review(which)).content.decode()
    assert "First reply" in page
    assert "Another way" not in page
    assert "has gone on without" in page


def test_queries_of_a_review(reviewer: Client) -> None:
    reply = exchange()
    which = flag(reply)
    few = queries(lambda: reviewer.get(review(which)))
    for number in range(60):
        said(reply.conversation, "user", f"text {number}")
    many(100)
    assert queries(lambda: reviewer.get(review(which))) == few


def test_queries_do_not_grow_with_the_way(reviewer: Client) -> None:
    """To a message that is no longer shown."""
    numbers = []
    reviewer.get(review(flag(exchange())))
    for length in (2, 40):
        reply = exchange()
        for number in range(length):
            said(reply.conversation, "user", f"text {number}")
        which = flag(said(reply.conversation, "assistant", "reply"))
        reply.conversation.messages.filter(pk__gt=reply.pk).update(active=False)
        with CaptureQueriesContext(connection) as captured:
            reviewer.get(review(which))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]


def test_hostile_flag(reviewer: Client) -> None:
    """In the snapshot, the comment, the option and the note nothing is left that could run."""
    advisor(flagging_options=[HOSTILE])
    reply = exchange(HOSTILE, HOSTILE)
    said(reply.conversation, "user", HOSTILE)
    which = flag(reply, HOSTILE, HOSTILE)
    snapshot = which.snapshot
    for part in ("input", "output"):
        snapshot[part] |= {"html": f"<p>text</p>{HOSTILE}", "user_name": HOSTILE, "avatar": HOSTILE, "error": HOSTILE}
    Flag.objects.filter(pk=which.pk).update(snapshot=snapshot, note=HOSTILE)
    for address in (review(which), reverse(LIST), reverse(SUMMARY)):
        elements = Elements(reviewer.get(address).content.decode())
        assert not [each for each in elements.names if each.startswith("on")]
        assert not elements.scripts
        assert "/admin/" not in elements.actions
        assert elements.opened["template"] == elements.closed["template"]


def test_gone_flag(reviewer: Client) -> None:
    which = flag(exchange())
    address = review(which)
    which.delete()
    assert reviewer.get(address, follow=True).status_code == 200
    assert reviewer.get(address.replace(str(which.pk), "x")).status_code == 302
    assert staff(name="nobody").get(address).status_code == 403


# Deciding


@pytest.mark.parametrize("status", ["accepted", "dismissed"])
def test_decision(reviewer: Client, status: str) -> None:
    """Who and when is kept, in the flag and in the admin's own log."""
    which = flag(exchange())
    assert decide(reviewer, which, status, note="Looked at it").status_code == 302
    which.refresh_from_db()
    assert (which.status, which.note, str(which.reviewer)) == (status, "Looked at it", "staff")
    assert which.reviewed_at is not None
    assert LogEntry.objects.get().object_id == str(which.pk)
    page = reviewer.get(review(which)).content.decode()
    assert "Looked at it" in page
    assert "Reviewed" in page


def test_note_alone(reviewer: Client) -> None:
    which = flag(exchange())
    decide(reviewer, which, "open", note="Ask the author")
    which.refresh_from_db()
    assert (which.status, which.note, which.reviewer) == ("open", "Ask the author", None)


def test_open_again(reviewer: Client) -> None:
    which = flag(exchange())
    decide(reviewer, which, "accepted")
    decide(reviewer, which, "open", was="accepted")
    which.refresh_from_db()
    assert (which.status, which.reviewer, which.reviewed_at) == ("open", None, None)


def test_two_reviewers(reviewer: Client) -> None:
    """The second is told, and overwrites nothing."""
    which = flag(exchange())
    decide(staff("review_flag", name="first"), which, "accepted", note="mine")
    answer = reviewer.post(review(which), {"status": "dismissed", "was": "open", "note": "no, mine"}, follow=True)
    assert "Somebody else has decided" in answer.content.decode()
    which.refresh_from_db()
    assert (which.status, which.note, str(which.reviewer)) == ("accepted", "mine", "first")


@pytest.mark.parametrize("fields", [{"status": "gone"}, {"was": ""}, {"note": "x" * 5001}, {"note": "a\0b"}])
def test_wrong_decisions(reviewer: Client, fields: dict[str, str]) -> None:
    which = flag(exchange())
    reviewer.post(review(which), {"status": "accepted", "was": "open", "note": "", **fields})
    which.refresh_from_db()
    assert which.status == "open"


def test_decision_needs_a_token() -> None:
    which = flag(exchange())
    client = staff("review_flag")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert decide(strict, which, "accepted").status_code == 403


def test_the_next_one(reviewer: Client) -> None:
    """Down the queue, then from its top, then none."""
    oldest, middle, newest = (flag(exchange()) for _ in range(3))
    assert decide(reviewer, middle, "accepted").headers["Location"] == review(oldest)
    assert decide(reviewer, oldest, "accepted").headers["Location"] == review(newest)
    assert decide(reviewer, newest, "accepted").headers["Location"] == review(newest)


def test_the_next_one_of_a_list(reviewer: Client) -> None:
    """Of those by which the list was chosen, whatever their status was."""
    liked, disliked, current = flag(exchange(), "Like"), flag(exchange()), flag(exchange(), "Like")
    address = review(current, "option%3DLike%26status__exact%3Daccepted%26p%3D3")
    answer = reviewer.post(address, {"status": "accepted", "was": "open", "note": ""})
    assert answer.headers["Location"].startswith(review(liked) + "?")
    assert review(disliked) not in reviewer.get(address).content.decode()


def test_begins_with_the_first(reviewer: Client) -> None:
    old, new = flag(exchange()), flag(exchange())
    decide(reviewer, new, "accepted")
    following = reverse("admin:chatinterface_flag_next")
    assert following in reviewer.get(reverse(LIST)).content.decode()
    assert reviewer.get(following).headers["Location"] == review(old)
    filtered = reviewer.get(f"{following}?option=Like", follow=True)
    assert "None of these flags is waiting" in filtered.content.decode()
    decide(reviewer, old, "accepted")
    assert following not in reviewer.get(reverse(LIST)).content.decode()


def test_nonsense_in_the_address(reviewer: Client) -> None:
    which = flag(exchange())
    assert reviewer.get(review(which, "created_at__gte%3Dnonsense%26x%3Dy")).status_code == 200


@pytest.mark.parametrize(("action", "status"), [("accept_selected", "accepted"), ("dismiss_selected", "dismissed")])
def test_many_at_once(reviewer: Client, action: str, status: str) -> None:
    chosen = [flag(exchange()).pk for _ in range(3)]
    other = flag(exchange())
    reviewer.post(reverse(LIST), {"action": action, "_selected_action": chosen})
    assert set(Flag.objects.filter(status=status).values_list("pk", flat=True)) == set(chosen)
    assert {str(each.reviewer) for each in Flag.objects.filter(status=status)} == {"staff"}
    other.refresh_from_db()
    assert other.status == "open"
    reviewer.post(reverse(LIST), {"action": "reopen_selected", "_selected_action": chosen})
    assert not Flag.objects.exclude(status="open", reviewer=None, reviewed_at=None).exists()


def test_all_of_a_search_at_once(reviewer: Client) -> None:
    """By one statement, on all pages."""
    many(120, comment="spam")
    other = flag(exchange())
    data = {"action": "dismiss_selected", "select_across": 1, "_selected_action": [Flag.objects.earliest("pk").pk]}
    few = queries(lambda: reviewer.post(f"{reverse(LIST)}?q=spam", data))
    assert Flag.objects.filter(status="dismissed").count() == 120
    assert few < 20
    other.refresh_from_db()
    assert other.status == "open"


# The summary


def test_summary(reviewer: Client) -> None:
    advisor("other")
    flag(exchange(), "Like")
    decide(reviewer, flag(exchange(), "Like"), "accepted")
    old = flag(exchange(name="other"))
    Flag.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=60))
    page = reviewer.get(reverse(SUMMARY))
    (line,) = page.context["lines"]
    assert (line.chat, line.option, line.open, line.accepted, line.dismissed, line.total) == ("Ask", "Like", 1, 1, 0, 2)
    assert page.context["chart"].total == 2
    assert [each.option for each in reviewer.get(f"{reverse(SUMMARY)}?days=90").context["lines"]] == ["Like", "Dislike"]
    page = reviewer.get(f"{reverse(SUMMARY)}?days=365&chat=other")
    assert page.context["chart"].weekly
    assert [each.chat for each in page.context["lines"]] == ["Other"]


def test_chart_says_what_the_table_says(reviewer: Client) -> None:
    for number in range(7):
        many(number + 1, option=f"Option {number}")
    chart = reviewer.get(reverse(SUMMARY)).context["chart"]
    assert len(chart.legend) == 6
    ((_day, stack, total),) = chart.rows
    assert sum(stack) == total == chart.total == 28
    height = chart.bottom - min(box.y for box in chart.boxes)
    per_flag = height / 28
    assert [round(box.height / per_flag) for box in chart.boxes] == list(stack)


def test_summary_of_nothing(reviewer: Client) -> None:
    assert "Nothing was flagged" in reviewer.get(f"{reverse(SUMMARY)}?days=never&chat=none").content.decode()


def test_queries_of_the_summary(reviewer: Client) -> None:
    flag(exchange())
    few = queries(lambda: reviewer.get(reverse(SUMMARY)))
    for number in range(5):
        many(50, interface=f"chat{number}", option=f"Option {number}")
    assert queries(lambda: reviewer.get(reverse(SUMMARY))) == few


# Links


def test_links_between_them(reviewer: Client) -> None:
    reply = exchange()
    which = flag(reply)
    page = reviewer.get(review(which)).content.decode()
    message = reverse("admin:chatinterface_message_change", args=[reply.pk])
    conversation = reverse("admin:chatinterface_conversation_change", args=[reply.conversation_id])
    assert message in page
    assert conversation in page
    assert review(which) in reviewer.get(message).content.decode()
    address = f"{reverse(LIST)}?message__conversation__id__exact={reply.conversation_id}"
    assert address in reviewer.get(conversation).content.decode()
    flag(exchange())
    assert listed(reviewer, address.partition("?")[2]) == [which.pk]


def test_flags_are_linked_for_reviewers_only() -> None:
    reply = exchange()
    flag(reply)
    client = staff("view_message", "view_conversation")
    for model, pk in (("message", reply.pk), ("conversation", reply.conversation_id)):
        page = client.get(reverse(f"admin:chatinterface_{model}_change", args=[pk])).content.decode()
        assert "/flag/" not in page


# Files


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attachment:
    """A picture in a flagged reply; and it is its owner's alone."""
    monkeypatch.setattr(Attachment._meta.get_field("file"), "storage", FileSystemStorage(location=tmp_path))
    reply = exchange()
    made = files.keep(reply.conversation, PIXEL, name="plan.png", message=reply)
    reply.parts, reply.html = [files.part(made)], ""
    reply.save()
    flag(reply)
    return made


def test_pictures_are_shown(reviewer: Client, picture: Attachment) -> None:
    """By an address of the review: the chat's own serves them to their owner alone."""
    which = Flag.objects.get()
    own = reverse("chatinterface:file", args=["ask", picture.conversation.uuid, picture.uuid])
    assert own in which.snapshot["output"]["html"]
    page = reviewer.get(review(which)).content.decode()
    address = reverse("admin:chatinterface_flag_file", args=[which.pk, "file", picture.uuid])
    assert f'src="{address}"' in page
    assert own not in page
    assert reviewer.get(address).getvalue() == PIXEL
    assert reviewer.get(own).status_code == 404


def test_files_are_for_reviewers(picture: Attachment) -> None:
    which = Flag.objects.get()
    address = reverse("admin:chatinterface_flag_file", args=[which.pk, "file", picture.uuid])
    assert staff().get(address).status_code == 403
    assert Client().get(address).status_code == 302
    other = files.keep(exchange().conversation, PIXEL, name="other.png")
    client = staff("review_flag", "view_message", name="reader")
    for kind, uuid in (("file", other.uuid), ("document", picture.uuid)):
        address = reverse("admin:chatinterface_flag_file", args=[which.pk, kind, uuid])
        assert client.get(address).status_code == 404


def test_files_around_need_their_own(picture: Attachment) -> None:
    """Those of other messages are for who may view messages."""
    which = Flag.objects.get()
    later = said(picture.conversation, "user", "Look")
    beside = files.keep(picture.conversation, PIXEL, name="beside.png", message=later)
    address = reverse("admin:chatinterface_flag_file", args=[which.pk, "file", beside.uuid])
    assert staff("review_flag").get(address).status_code == 404
    assert staff("review_flag", "view_message", name="reader").get(address).getvalue() == PIXEL


def test_files_of_a_gone_conversation(reviewer: Client, picture: Attachment) -> None:
    advisor(flag_retention=10)
    Flag.objects.update(message=None)
    which = Flag.objects.get()
    address = reverse("admin:chatinterface_flag_file", args=[which.pk, "file", picture.uuid])
    assert reviewer.get(address).status_code == 404
    assert reviewer.get(review(which)).status_code == 200

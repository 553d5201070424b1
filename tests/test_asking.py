"""Questions in a reply, and their answers."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time
from typing import Any, cast
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import AsyncClient, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

import chatinterface as chat
from chatinterface import ChatSession, chains, files, prompts, replies
from chatinterface.exceptions import PromptTimeout
from chatinterface.models import Attachment, Conversation, Message, Prompt, Run
from chatinterface.questions import Question
from tests.outages import away_at
from tests.tab import PATIENCE, Tab, ended

pytestmark = pytest.mark.django_db(transaction=True)


class Order(forms.Form):
    dish = forms.ChoiceField(choices=[("soup", "Soup of the day"), ("fish", "Fish")])
    count = forms.IntegerField(min_value=1)
    secret = forms.CharField(widget=forms.PasswordInput)


def asking(question: Any, **options: Any) -> Callable[..., Any]:
    """A callback that asks this, and says what was answered."""

    async def ask(message: str, chat: ChatSession) -> str:
        return f"Answered: {await chat.aprompt_user(question, **options)!r}"

    return ask


async def open_prompt(count: int = 1) -> list[str]:
    """Wait for so many open questions; returns their keys, in order."""
    async with asyncio.timeout(PATIENCE):
        while True:
            keys = [
                str(key)
                async for key in Prompt.objects.filter(status="open").order_by("pk").values_list("key", flat=True)
            ]
            if len(keys) == count:
                return keys
            await asyncio.sleep(0.01)


async def answer(tab: Tab, key: str, **fields: Any) -> HttpResponse:
    """Post an answer."""
    address = reverse("chatinterface:answer", args=[tab.name, tab.uuid, key])
    return cast("HttpResponse", await tab.client.post(address, fields))


async def asked(question: Any, **options: Any) -> tuple[Tab, str]:
    """A tab in which a chat asks this, and the key of the question."""
    chat.register(asking(question, **options), name="ask")
    tab = await Tab.open("ask")
    await tab.send("hello")
    return tab, (await open_prompt())[0]


async def said(tab: Tab) -> str:
    await ended()
    reply = await tab.reply()
    assert reply.status == Message.Status.DONE
    return str(reply.parts[-1]["text"])


@pytest.mark.parametrize(
    ("question", "fields", "value"),
    [
        (forms.IntegerField(), {"answer": "7"}, 7),
        (forms.DateField, {"answer": "2026-03-04"}, "datetime.date(2026, 3, 4)"),
        ("Your name?", {"answer": "Ann"}, "'Ann'"),
        ([1.5, None, "c"], {"answer": "1"}, None),
        (forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")]), {"answer": ["a", "b"]}, ["a", "b"]),
        (Order, {"dish": "fish", "count": "2", "secret": "x"}, {"dish": "fish", "count": 2, "secret": "x"}),
        (
            Order(initial={"count": 2}),
            {"dish": "fish", "count": "1", "secret": "x"},
            {"dish": "fish", "count": 1, "secret": "x"},
        ),
    ],
)
async def test_answers_are_cleaned(question: Any, fields: dict[str, Any], value: Any) -> None:
    tab, key = await asked(question)
    assert (await answer(tab, key, **fields)).status_code == 204
    assert await said(tab) == f"Answered: {value}"


async def test_synchronous_callbacks_ask() -> None:
    def ask(message: str, chat: ChatSession) -> str:
        return f"Answered: {chat.prompt_user(forms.IntegerField()) + 1}"

    chat.register(ask, name="ask")
    tab = await Tab.open("ask")
    await tab.send("hello")
    await answer(tab, (await open_prompt())[0], answer="7")
    assert await said(tab) == "Answered: 8"


async def test_generators_ask() -> None:
    async def ask(message: str, chat: ChatSession) -> AsyncIterator[str]:
        yield "Before. "
        number = await chat.aprompt_user(forms.IntegerField())
        yield f"After {number}."

    chat.register(ask, name="ask", yields="tokens")
    tab = await Tab.open("ask")
    await tab.send("hello")
    await answer(tab, (await open_prompt())[0], answer="7")
    await ended()
    assert [part["type"] for part in (await tab.reply()).parts] == ["text", "component", "text"]


async def test_wrong_answers_are_asked_again() -> None:
    tab, key = await asked(forms.IntegerField(max_value=9))
    tab = await tab.again()
    async with tab.connected():
        await tab.shows("data-prompt")
        await answer(tab, key, answer="10")
        await tab.shows("less than or equal to 9")
        await open_prompt()
        await answer(tab, key, answer="9")
        await tab.until("message.settled")
    assert await said(tab) == "Answered: 9"


@pytest.mark.parametrize("asynchronous", [True, False])
@pytest.mark.parametrize(
    ("verdict", "sentence"), [(False, "Try another one"), ("Too early", "Too early"), (ValidationError("No."), "No.")]
)
async def test_predicate_decides(verdict: Any, sentence: str, asynchronous: Any) -> None:
    def judge(value: int) -> Any:
        if value > 5:
            return True
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    async def ajudge(value: int) -> Any:
        return judge(value)

    tab, key = await asked(forms.IntegerField(), predicate=ajudge if asynchronous else judge)
    async with tab.connected():
        await tab.shows("data-prompt")
        await answer(tab, key, answer="1")
        await tab.shows(sentence)
        await open_prompt()
        await answer(tab, key, answer="6")
        await tab.until("message.settled")
    assert await said(tab) == "Answered: 6"


async def test_question_closes_in_time() -> None:
    outcomes: list[str] = []

    async def ask(message: str, chat: ChatSession) -> str:
        try:
            await chat.aprompt_user("Quick!", timeout=0.05, timeout_message="Too slow")
        except PromptTimeout as error:
            outcomes.append(str(error))
        return "On we go"

    chat.register(ask, name="ask")
    tab = await Tab.open("ask")
    await tab.ask("hello")
    assert outcomes == ["The question was not answered in time."]
    shown = "".join(each.html for each in (await tab.again()).shown.values())
    assert "Too slow" in shown
    assert "disabled" in shown
    key = str((await Prompt.objects.aget()).key)
    response = await answer(tab, key, answer="late")
    assert response.status_code == 422
    assert "not asked any more" in response.content.decode()


async def test_uncaught_timeout_is_said() -> None:
    chat.register(asking("Quick!", timeout=0.01), name="ask")
    reply = await (await Tab.open("ask")).ask("hello")
    assert reply.status == Message.Status.FAILED
    assert "not answered in time" in reply.metadata["error"]["text"]


@pytest.mark.parametrize("name", ["ask", "posted", "taken", "ask_again"])
async def test_question_waits_for_the_database(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    errors = away_at(monkeypatch, f"chatinterface.prompts.{name}")
    tab, key = await asked(forms.IntegerField(max_value=9))
    await answer(tab, key, answer="10")
    await open_prompt()
    await answer(tab, key, answer="7")
    assert await said(tab) == "Answered: 7"
    assert not errors


async def test_question_ends_when_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    errors = away_at(monkeypatch, "chatinterface.prompts.close")
    chat.register(asking("Name?", timeout=0.01), name="ask")
    await (await Tab.open("ask")).ask("hello")
    assert (await Prompt.objects.aget()).status == "closed"
    assert not errors


async def test_several_at_once() -> None:
    async def ask(message: str, chat: ChatSession) -> str:
        return str(await asyncio.gather(chat.aprompt_user("One"), chat.aprompt_user("Two")))

    chat.register(ask, name="ask")
    tab = await Tab.open("ask")
    await tab.send("hello")
    first, second = await open_prompt(2)
    await answer(tab, second, answer="b")
    await answer(tab, first, answer="a")
    assert await said(tab) == "['a', 'b']"


async def test_second_answer_is_ignored() -> None:
    tab, key = await asked("Name?")
    responses = await asyncio.gather(answer(tab, key, answer="a"), answer(tab, key, answer="a"))
    assert [response.status_code for response in responses] == [204, 204]
    assert await said(tab) == "Answered: 'a'"
    assert (await answer(tab, key, answer="b")).status_code == 204
    assert await said(tab) == "Answered: 'a'"


async def test_answer_stands_after_reload() -> None:
    tab, key = await asked(Order, title="Your order")
    assert "data-prompt" in (await tab.again()).last or await Run.objects.filter(status="running").aexists()
    await answer(tab, key, dish="soup", count="3", secret="hunter2")
    await ended()
    shown = "".join(each.html for each in (await tab.again()).shown.values())
    for text in ("Your order", "Soup of the day", "3", "••••••"):
        assert text in shown
    assert (await Prompt.objects.aget()).answer is None
    assert "<form" not in shown


async def test_stop_closes_questions() -> None:
    tab, key = await asked("Name?")
    await tab.stop()
    await ended()
    assert (await tab.reply()).status == Message.Status.STOPPED
    assert "the reply has ended" in (await tab.again()).last
    assert (await answer(tab, key, answer="a")).status_code == 422


async def test_stop_ends_waiting_threads() -> None:
    left = threading.Event()

    def ask(message: str, chat: ChatSession) -> str:
        try:
            return str(chat.prompt_user("Name?"))
        finally:
            left.set()

    chat.register(ask, name="ask")
    tab = await Tab.open("ask")
    await tab.send("hello")
    await open_prompt()
    await tab.stop()
    await ended()
    assert await asyncio.to_thread(left.wait, PATIENCE)


def answered(run: Run) -> Prompt:
    """A question of a run, answered by a secret that it has not taken."""
    key = uuid4()
    prompts.ask(run, key)
    Prompt.objects.filter(key=key).update(status="answered", answer={"data": {"answer": ["hunter2"]}, "files": {}})
    return Prompt.objects.get(key=key)


@pytest.mark.parametrize("ended_by", ["settle", "withdraw", "interrupt"])
def test_end_forgets_answers(ended_by: str) -> None:
    """What was answered and not taken may be a secret."""
    conversation = Conversation.objects.create(interface="ask", session_key="mine")
    run = Run.objects.create(conversation=conversation, status="running", lease_until=timezone.now())
    first, reply = (
        Message.objects.create(conversation=conversation, role="assistant", status="running", run=run) for _ in "ab"
    )
    conversation.leaf = reply
    conversation.save()
    prompt = answered(run)
    if ended_by == "settle":
        replies.settle(reply, run, status=Message.Status.STOPPED, parts=[], html="")
    elif ended_by == "withdraw":
        conversation.leaf = first
        conversation.save()
        chains.withdraw(run, reply, ended=Run.Status.DONE)
    else:
        replies.interrupt(conversation.pk)
    prompt.refresh_from_db()
    assert (prompt.status, prompt.answer) == ("closed", None)


def test_lost_run_asks_again() -> None:
    """It was slow, and not gone: its question can be answered, and be over in time."""
    conversation = Conversation.objects.create(interface="ask", session_key="mine")
    run = Run.objects.create(conversation=conversation, status="running", lease_until=timezone.now())
    reply = Message.objects.create(conversation=conversation, role="assistant", status="running", run=run)
    conversation.leaf = reply
    conversation.save()
    prompt = answered(run)
    replies.interrupt(conversation.pk)
    assert prompts.close(prompt.key)
    replies.checkpoint(run, {reply.pk: None})
    prompt.refresh_from_db()
    assert (prompt.status, prompt.answer) == ("open", None)


def test_plain_run_asks_for_nothing() -> None:
    conversation = Conversation.objects.create(interface="ask", session_key="mine")
    run = Run.objects.create(conversation=conversation, status="running", lease_until=timezone.now())
    reply = Message.objects.create(conversation=conversation, role="assistant", status="running", run=run)
    with CaptureQueriesContext(connection) as queries:
        replies.settle(reply, run, status=Message.Status.DONE, parts=[], html="")
    assert not [each for each in queries.captured_queries if "chatinterface_prompt" in each["sql"]]


async def test_strangers_cannot_answer() -> None:
    tab, key = await asked("Name?")
    mine, tab.client = tab.client, AsyncClient()
    assert (await answer(tab, key, answer="a")).status_code == 404
    tab.client = mine
    assert (await answer(tab, str(uuid4()), answer="a")).status_code == 404
    await answer(tab, key, answer="b")
    assert await said(tab) == "Answered: 'b'"


async def test_untold_answers_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel layer may drop what wakes the run."""
    monkeypatch.setattr("chatinterface.runs.questions.POLL", 0.05)
    tab, key = await asked("Name?")
    await Prompt.objects.aupdate(status="answered", answer={"data": {"answer": ["x"]}, "files": {}})
    assert await said(tab) == "Answered: 'x'"
    del key


async def test_files_are_answers() -> None:
    async def ask(message: str, chat: ChatSession) -> str:
        with await chat.aprompt_user(forms.FileField()) as file:
            return f"{file.name}: {file.read().decode()}"

    chat.register(ask, name="ask")
    tab = await Tab.open("ask")
    await tab.send("hello")
    await answer(tab, (await open_prompt())[0], answer=SimpleUploadedFile("a.txt", b"content"))
    assert await said(tab) == "a.txt: content"


async def test_files_of_answers_are_closed() -> None:
    """Those that would not do before it is asked again, the others when the run ends."""
    opened: list[Any] = []

    async def ask(message: str, chat: ChatSession) -> str:
        def judge(file: Any) -> bool:
            opened.append(file)
            return len(opened) > 1

        await chat.aprompt_user(forms.FileField(), judge)
        return str([file.closed for file in opened])

    chat.register(ask, name="ask")
    tab = await Tab.open("ask")
    await tab.send("hello")
    for _ in range(2):
        (key,) = await open_prompt()
        await answer(tab, key, answer=SimpleUploadedFile("a.txt", b"content"))
    assert await said(tab) == "[True, False]"
    assert [file.closed for file in opened] == [True, True]


async def upload(tab: Tab, key: str, *contents: bytes) -> int:
    """Answer with files; returns the status, and holds that nothing is left of what is no answer."""
    files = [SimpleUploadedFile("a.txt", content) for content in contents]
    before = await Attachment.objects.acount()
    status = (await answer(tab, key, answer=files)).status_code
    if status != 204:
        assert await Attachment.objects.acount() == before
    return status


async def test_only_answers_are_kept() -> None:
    tab, key = await asked(forms.FileField(), predicate=lambda file: file.close())
    assert await upload(tab, str(uuid4()), b"content") == 404
    assert await upload(tab, key, b"content") == 204
    await ended()
    assert await upload(tab, key, b"another") == 204
    assert await Attachment.objects.acount() == 1


async def test_files_of_closed_questions() -> None:
    tab, key = await asked(forms.FileField())
    await tab.stop()
    await ended()
    assert await upload(tab, key, b"content") == 422


@pytest.mark.parametrize("raced", ["answered", "closed"])
async def test_files_of_late_answers(monkeypatch: pytest.MonkeyPatch, raced: str) -> None:
    """The question was answered or closed while they were stored."""
    tab, key = await asked(forms.FileField())
    keep = files.keep

    def kept(*args: Any, **options: Any) -> Attachment:
        Prompt.objects.update(status=raced)
        return keep(*args, **options)

    monkeypatch.setattr(files, "keep", kept)
    status = await upload(tab, key, b"content")
    await tab.stop()
    await ended()
    assert status == {"answered": 204, "closed": 422}[raced]
    assert not await Attachment.objects.aexists()


async def test_files_are_limited() -> None:
    chat.register(asking(forms.FileField()), name="ask", multimodal=True, max_file_size=10, max_files=2)
    tab = await Tab.open("ask")
    await tab.send("hello")
    (key,) = await open_prompt()
    assert await upload(tab, key, b"x" * 5, b"x" * 11) == 422
    assert await upload(tab, key, b"x", b"x", b"x") == 422
    with override_settings(CHATINTERFACE={"UNSENT_FILES": 10}):
        assert await upload(tab, key, b"x" * 6, b"x" * 6) == 422
        conversation = await Conversation.objects.aget()
        await sync_to_async(files.keep)(conversation, b"x" * 6, name="before.txt")
        assert await upload(tab, key, b"x" * 6) == 422
    await tab.stop()
    await ended()


async def test_hostile_answers_harm_nothing() -> None:
    tab, key = await asked(forms.CharField(min_length=30))
    async with tab.connected():
        await tab.shows("data-prompt")
        await answer(tab, key, answer="<script>\0\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        await tab.shows("&lt;script&gt;")
        await open_prompt()
        assert (await answer(tab, key, answer="x" * 300_000)).status_code == 422
        await answer(tab, key, answer="y" * 30)
        await tab.until("message.settled")


async def test_nothing_else_can_be_asked() -> None:
    chat.register(asking(3), name="ask", callback_exception="verbose")
    reply = await (await Tab.open("ask")).ask("hello")
    assert "cannot be asked" in reply.metadata["error"]["text"]


async def test_loop_is_not_held_up() -> None:
    async def ask(message: str, chat: ChatSession) -> Any:
        return chat.prompt_user("Name?")

    chat.register(ask, name="ask", callback_exception="verbose")
    reply = await (await Tab.open("ask")).ask("hello")
    assert "await chat.aprompt_user" in reply.metadata["error"]["text"]


# Dates and times


@pytest.mark.parametrize(
    ("field", "kind", "value", "label"),
    [
        (forms.DateField(), "date", date(2026, 3, 4), "Date"),
        (forms.DateTimeField(), "datetime-local", datetime(2026, 3, 4, 12, 30, 5), "Date and time"),
        (forms.TimeField(), "time", time(12, 30, 5), "Time"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_dates_are_picked(field: forms.Field, kind: str, value: Any, label: str) -> None:
    form = Question(field, key="k", initial=value).form
    html = str(form["answer"])
    assert f'type="{kind}"' in html
    assert str(form["answer"].label) == label
    (shown,) = re.findall(r'value="([^"]+)"', html)
    with translation.override("de"):
        assert f'value="{shown}"' in str(Question(field, key="k", initial=value).form["answer"])
        bound = Question(field, key="k").bound({"answer": shown}, {})
        assert bound.is_valid()
    assert bound.cleaned_data["answer"] == (timezone.make_aware(value) if isinstance(value, datetime) else value)


@pytest.mark.parametrize(
    "field", [forms.DateField(input_formats=["%d.%m.%Y"]), forms.DateField(widget=forms.TextInput), forms.CharField()]
)
def test_other_inputs_stay(field: forms.Field) -> None:
    assert 'type="text"' in str(Question(field, key="k").form["answer"])

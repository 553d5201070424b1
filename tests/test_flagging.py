import asyncio
import csv
import json
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

import chatinterface as chat
from chatinterface import ChatInterface, ChatSession, hooks, signals
from chatinterface.content.cells import harmless
from chatinterface.flags import csv_log
from chatinterface.history import PAGE_SIZE
from chatinterface.hooks import FlagEvent, LikeEvent
from chatinterface.models import Conversation, Flag, Message
from tests.tab import Tab

pytestmark = pytest.mark.django_db(transaction=True)

HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(1)>" hx-get="/" x="'

# What a spreadsheet takes for a formula, in full width too.
STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"


def answer(message: str) -> str:
    return f"You said {message}"


def advisor(**attributes: Any) -> None:
    chat.register(answer, **{"name": "ask", "flagging_mode": "manual", **attributes})


async def hooks_done() -> None:
    """Wait until all hooks have been called."""
    assert not (await asyncio.to_thread(wait, set(hooks._pending), 20)).not_done


async def asked(client: AsyncClient | None = None, **attributes: Any) -> tuple[Tab, Message]:
    """A tab of a chat with flags, and a reply in it."""
    advisor(**attributes)
    tab = await Tab.open("ask", client)
    return tab, await tab.ask("hello")


async def page(tab: Tab) -> str:
    response = await tab.client.get(tab.url("conversation"))
    return response.content.decode()


def button(page: str, option: str) -> str:
    """The button of the last message for an option."""
    found = [each for each in page.split("<button")[1:] if f'data-value="{option}"' in each]
    return found[-1].partition(">")[0] if found else ""


# Declaring


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"flagging_mode": "auto"}, "must be one of 'never', 'manual'"),
        ({"flagging_options": "Like"}, "must be a list of different names"),
        ({"flagging_options": []}, "must be a list of different names"),
        ({"flagging_options": ["Like", "Like"]}, "must be a list of different names"),
        ({"flagging_options": ["x" * 101]}, "must be a list of different names"),
        ({"flagging_options": [" "]}, "must be a list of different names"),
        ({"feedback_options": [1]}, "feedback_options=.1. must be a list of different names"),
        ({"flagging_mode": "manual", "flagging_dir": 3}, "flagging_dir=3 is no directory"),
        ({"flagging_dir": "flags"}, "flagging_dir is never used"),
        ({"on_flag": print}, "on_flag is never used"),
        ({"flagging_options": ["Like", "Rude"]}, "flagging_options is never used"),
        ({"feedback_options": ["Like", "Dislike"]}, "feedback_options is never used"),
        ({"on_like": "vote"}, "on_like='vote' is not callable"),
    ],
)
def test_wrong_declarations(attributes: dict[str, Any], said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        ChatInterface(answer, **attributes)


def test_thumbs_by_their_letters() -> None:
    """Case-sensitive, as in Gradio."""
    interface = ChatInterface(answer, on_like=print, flagging_options=["like", "Dislike", "Rude", "Like"])
    assert interface.thumbs == ["Like", "Dislike"]
    assert interface.remarks == ["like", "Rude"]


def test_feedback_options() -> None:
    interface = ChatInterface(answer, flagging_mode="manual", feedback_options=["Rude"])
    assert list(interface.flagging_options) == ["Rude"]


# The page


async def test_no_flags_by_default() -> None:
    tab, reply = await asked(flagging_mode="never")
    shown = await page(tab)
    assert "ci-flags" not in shown
    assert "flagging" not in shown
    assert "footer.js" not in shown
    assert (await tab.flag(reply.pk, "Like")).status_code == 422


async def test_flag_is_shown_again() -> None:
    tab, reply = await asked()
    assert 'aria-pressed="false"' in button(await page(tab), "Like")
    assert (await tab.flag(reply.pk, "Like")).status_code == 204
    shown = await page(tab)
    assert 'aria-pressed="true"' in button(shown, "Like")
    assert 'aria-pressed="false"' in button(shown, "Dislike")


async def test_flag_reaches_all_tabs() -> None:
    tab, reply = await asked()
    other = await tab.again()
    async with tab.connected(), other.connected():
        await tab.flag(reply.pk, "Dislike")
        for each in (tab, other):
            frame = await each.until("message.changed", message=reply.pk)
            assert 'aria-pressed="true"' in button(frame["footer"], "Dislike")


async def test_reply_goes_on_after_a_flag() -> None:
    """The frames of a flag and of a running reply keep out of each other's way."""
    released = asyncio.Event()

    @chat.register(name="hold", yields="tokens", flagging_mode="manual")
    async def hold(message: str) -> AsyncIterator[str]:
        yield "before "
        if message == "wait":
            await released.wait()
        yield "behind"

    tab = await Tab.open("hold")
    reply = await tab.ask("go")
    tab = await tab.again()
    async with tab.connected():
        await tab.send("wait")
        await tab.shows("before")
        await tab.flag(reply.pk, "Like")
        await tab.until("message.changed", message=reply.pk)
        released.set()
        await tab.settled()
    assert "log.changed" not in tab.kinds
    assert "before behind" in tab.last


async def test_taking_back() -> None:
    tab, reply = await asked()
    await tab.flag(reply.pk, "Like", comment="nice")
    await tab.flag(reply.pk, "")
    assert not await Flag.objects.aexists()
    assert 'aria-pressed="true"' not in await page(tab)


async def test_changing_the_mind() -> None:
    tab, reply = await asked()
    await tab.flag(reply.pk, "Like")
    await tab.flag(reply.pk, "Dislike")
    assert [flag.option async for flag in Flag.objects.all()] == ["Dislike"]


async def test_twice_is_once() -> None:
    """A repeated request changes nothing, and nobody is told of it."""
    tab, reply = await asked()
    await tab.flag(reply.pk, "Like")
    before = await Conversation.objects.aget()
    await tab.flag(reply.pk, "Like")
    assert (await Conversation.objects.aget()).revision == before.revision
    assert await Flag.objects.acount() == 1


async def test_two_tabs_at_once() -> None:
    tab, reply = await asked()
    other = await tab.again()
    answers = await asyncio.gather(*(each.flag(reply.pk, "Like") for each in (tab, other)))
    assert [answer.status_code for answer in answers] == [204, 204]
    assert await Flag.objects.acount() == 1


async def test_comment() -> None:
    tab, reply = await asked()
    await tab.flag(reply.pk, "Dislike")
    await tab.flag(reply.pk, "Dislike", comment="  Too long.  ")
    assert (await Flag.objects.aget()).comment == "Too long."
    assert ">Too long.</textarea>" in await page(tab)
    await tab.flag(reply.pk, "Like")
    assert (await Flag.objects.aget()).comment == "Too long."
    await tab.flag(reply.pk, "Like", comment="")
    assert (await Flag.objects.aget()).comment == ""


@pytest.mark.parametrize(
    "fields", [{"comment": "x" * 5001}, {"comment": "a\0b"}, {"option": "Unheard of"}, {"option": "like"}]
)
async def test_wrong_values(fields: dict[str, str]) -> None:
    tab, reply = await asked()
    response = await tab.flag(reply.pk, **{"option": "Like", **fields})
    assert response.status_code == 422
    assert not await Flag.objects.aexists()


async def test_option_is_needed() -> None:
    tab, reply = await asked()
    assert (await tab.client.post(tab.url("flag", reply.pk), {})).status_code == 422


async def test_own_messages_only_where_declared() -> None:
    tab, reply = await asked()
    assert (await tab.flag(reply.parent_id or 0, "Like")).status_code == 422
    assert (await page(tab)).count('data-value="Like"') == 1


async def test_like_user_message() -> None:
    tab, reply = await asked(like_user_message=True)
    assert (await page(tab)).count('data-value="Like"') == 2
    assert (await tab.flag(reply.parent_id or 0, "Like")).status_code == 204
    flag = await Flag.objects.aget()
    assert flag.snapshot["input"] is None
    assert flag.snapshot["output"]["text"] == "hello"


async def test_running_reply_cannot_be_flagged() -> None:
    tab, reply = await asked()
    await Message.objects.filter(pk=reply.pk).aupdate(status=Message.Status.RUNNING)
    assert (await tab.flag(reply.pk, "Like")).status_code == 422


async def test_menu_holds_the_others() -> None:
    tab, _reply = await asked(flagging_options=["Like", "Rude"])
    shown = await page(tab)
    assert shown.count('data-action="flag-menu"') == 1
    assert 'aria-pressed="false"' in button(shown, "Rude")
    assert not button(shown, "Dislike")


async def test_hostile_option_and_comment() -> None:
    tab, reply = await asked(flagging_options=["Like", HOSTILE])
    await tab.flag(reply.pk, HOSTILE, comment=f"</textarea>{HOSTILE}")
    shown = await page(tab)
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert ' hx-get="/"' not in shown


async def test_queries_of_a_page() -> None:
    """One more for the flags, whatever the number of messages."""
    tab, reply = await asked()
    conversation = reply.conversation
    await Message.objects.abulk_create(
        Message(pk=pk, conversation=conversation, role="assistant", html="x", parent_id=pk - 1)
        for pk in range(reply.pk + 1, reply.pk + 2 * PAGE_SIZE)
    )
    client = Client()
    client.cookies = tab.client.cookies

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(tab.url("conversation"))
        connections.close_all()
        return len(captured)

    many = await asyncio.to_thread(queries)
    await Message.objects.filter(pk__gt=reply.pk).adelete()
    few = await asyncio.to_thread(queries)
    assert many == few


# Whose it is


@pytest.mark.parametrize("who", ["user", "anonymous", "staff"])
async def test_only_the_owner_flags(who: str) -> None:
    tab, reply = await asked()
    client = AsyncClient()
    if who != "anonymous":
        user = await User.objects.acreate(username=who, is_staff=who == "staff", is_superuser=who == "staff")
        await client.aforce_login(user)
    strangers = await client.post(tab.url("flag", reply.pk), {"option": "Like"})
    nothing = await client.post(tab.url("flag", 999_999), {"option": "Like"})
    assert (strangers.status_code, strangers.content) == (404, nothing.content)
    assert not await Flag.objects.aexists()


async def test_message_of_another_conversation() -> None:
    tab, reply = await asked()
    other = await Tab.open("ask", tab.client)
    await other.ask("hello")
    assert (await other.flag(reply.pk, "Like")).status_code == 404


async def test_needs_a_token() -> None:
    tab, reply = await asked()
    strict = AsyncClient(enforce_csrf_checks=True)
    strict.cookies = tab.client.cookies
    assert (await strict.post(tab.url("flag", reply.pk), {"option": "Like"})).status_code == 403


async def test_belongs_to_the_account() -> None:
    client = AsyncClient()
    user = await User.objects.acreate(username="ann")
    await client.aforce_login(user)
    tab, reply = await asked(client)
    await tab.flag(reply.pk, "Like")
    flag = await Flag.objects.aget()
    assert (flag.user_id, flag.session_key) == (user.pk, "")


async def test_several_flaggers() -> None:
    """Each has their own; the page shows its reader's."""
    tab, reply = await asked()
    other = await User.objects.acreate(username="other")
    await Flag.objects.acreate(message=reply, interface="ask", user=other, option="Dislike")
    await tab.flag(reply.pk, "Like")
    assert await Flag.objects.acount() == 2
    shown = await page(tab)
    assert 'aria-pressed="true"' in button(shown, "Like")
    assert 'aria-pressed="false"' in button(shown, "Dislike")
    await tab.flag(reply.pk, "")
    assert (await Flag.objects.aget()).user_id == other.pk


# The snapshot


async def test_snapshot() -> None:
    tab, _first = await asked()
    reply = await tab.ask("*second*")
    await tab.flag(reply.pk, "Like")
    flag = await Flag.objects.aget()
    assert flag.interface == flag.snapshot["chat"] == "ask"
    assert flag.question == reply.parent_id
    assert flag.snapshot["conversation"] == str(tab.uuid)
    assert flag.snapshot["before"] == [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "You said hello"},
    ]
    assert flag.snapshot["input"]["text"] == "*second*"
    seen = flag.snapshot["output"]
    assert (seen["id"], seen["parts"], seen["html"]) == (reply.pk, reply.parts, reply.html)
    assert "<em>second</em>" in seen["html"]


async def test_snapshot_survives() -> None:
    tab, reply = await asked()
    await tab.flag(reply.pk, "Like")
    before = (await Flag.objects.aget()).snapshot
    await Message.objects.filter(pk=reply.pk).aupdate(parts=[], html="", active=False)
    assert (await Flag.objects.aget()).snapshot == before


async def test_long_context_is_cut() -> None:
    tab, _first = await asked()
    await tab.ask("x" * 30_000)
    reply = await tab.ask("last")
    await tab.flag(reply.pk, "Like")
    assert (await Flag.objects.aget()).snapshot["before"] == []


async def test_change_opens_again() -> None:
    tab, reply = await asked()
    await tab.flag(reply.pk, "Like")
    reviewer = await User.objects.acreate(username="staff")
    await Flag.objects.aupdate(status=Flag.Status.ACCEPTED, reviewer=reviewer, note="fine")
    await tab.flag(reply.pk, "Like")
    assert (await Flag.objects.aget()).status == Flag.Status.ACCEPTED
    await tab.flag(reply.pk, "Dislike")
    flag = await Flag.objects.aget()
    assert (flag.status, flag.reviewer_id, flag.note) == (Flag.Status.OPEN, None, "fine")


# Hooks and signals


async def test_on_like() -> None:
    """The values are Gradio's."""
    seen: list[Any] = []
    tab, reply = await asked(
        on_like=lambda session, event: seen.append((session, event)), flagging_options=["Like", "Dislike", "Rude"]
    )
    for option in ("Like", "Dislike", "Rude", ""):
        await tab.flag(reply.pk, option)
        await hooks_done()
    assert [(event.previous, event.liked) for _session, event in seen] == [
        ("", True),
        (True, False),
        (False, "Rude"),
        ("Rude", ""),
    ]
    session, event = seen[0]
    assert isinstance(session, ChatSession)
    assert isinstance(event, LikeEvent)
    assert (event.message.pk, event.index, event.value) == (reply.pk, 1, "You said hello")


async def test_on_like_shows_thumbs() -> None:
    """As `chatbot.like()` does in Gradio, in every flagging_mode."""
    tab, reply = await asked(flagging_mode="never", on_like=print)
    assert button(await page(tab), "Like")
    assert (await tab.flag(reply.pk, "Like")).status_code == 204


async def test_on_flag() -> None:
    seen: list[FlagEvent] = []
    tab, reply = await asked(on_flag=lambda session, event: seen.append(event))
    await tab.flag(reply.pk, "Like")
    await tab.flag(reply.pk, "Like", comment="Good")
    await tab.flag(reply.pk, "")
    await hooks_done()
    said = sorted((event.previous, event.option, event.comment, event.flag is None) for event in seen)
    assert said == [("", "Like", "", False), ("Like", "", "", True), ("Like", "Like", "Good", False)]


async def test_hook_runs_in_a_callback_thread() -> None:
    names: list[str] = []
    tab, reply = await asked(on_like=lambda session, event: names.append(threading.current_thread().name))
    await tab.flag(reply.pk, "Like")
    await hooks_done()
    assert names[0].startswith("chatinterface-callback")


async def test_async_hook() -> None:
    counts: list[int] = []

    async def vote(session: ChatSession, event: LikeEvent) -> None:
        counts.append(await Flag.objects.acount())

    tab, reply = await asked(on_like=vote)
    await tab.flag(reply.pk, "Like")
    await hooks_done()
    assert counts == [1]


async def test_method_as_hook() -> None:
    seen: list[LikeEvent] = []

    @chat.register(name="ask")
    class Advisor(ChatInterface):
        def fn(self, message: str) -> str:
            return message

        def on_like(self, session: ChatSession, event: LikeEvent) -> None:
            seen.append(event)

    tab = await Tab.open("ask")
    reply = await tab.ask("hello")
    await tab.flag(reply.pk, "Like")
    await hooks_done()
    assert len(seen) == 1


async def test_failing_hook(caplog: pytest.LogCaptureFixture) -> None:
    def vote(session: ChatSession, event: LikeEvent) -> None:
        raise RuntimeError("no")

    tab, reply = await asked(on_like=vote)
    assert (await tab.flag(reply.pk, "Like")).status_code == 204
    await hooks_done()
    assert "A hook failed" in caplog.text
    assert await Flag.objects.aexists()


@pytest.mark.parametrize("name", ["message_liked", "message_flagged"])
async def test_signals(name: str) -> None:
    seen: list[Any] = []

    def receive(**kwargs: Any) -> None:
        seen.append(kwargs["event"])

    signal = getattr(signals, name)
    signal.connect(receive)
    try:
        tab, reply = await asked()
        await tab.flag(reply.pk, "Like")
        await hooks_done()
    finally:
        signal.disconnect(receive)
    assert [event.message.pk for event in seen] == [reply.pk]


# log.csv


def rows(directory: Path) -> list[dict[str, str]]:
    with (directory / "log.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def test_log(tmp_path: Path) -> None:
    """Five columns and five values, where Gradio has a value too few."""
    tab, reply = await asked(flagging_dir=tmp_path / "flagged")
    await tab.flag(reply.pk, "Like")
    await tab.flag(reply.pk, "Like", comment="no other row")
    await hooks_done()
    (row,) = rows(tmp_path / "flagged")
    assert tuple(row) == ("conversation", "index", "value", "flag", "timestamp")
    assert json.loads(row["conversation"]) == [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "You said hello"},
    ]
    assert (row["index"], row["value"], row["flag"]) == ("1", "You said hello", "Like")


def test_log_is_locked(tmp_path: Path) -> None:
    """Many writers at once: one header, and every row whole."""
    conversation = Conversation.objects.create(interface="ask", session_key="x")
    conversation.messages.create(role="user", parts=[{"type": "text", "text": "long " * 20_000}])

    def write(number: int) -> None:
        csv_log.append(tmp_path, conversation, index=0, value=str(number), option="Like")
        connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    written = rows(tmp_path)
    assert sorted(int(row["value"]) for row in written) == list(range(40))
    assert all(len(json.loads(row["conversation"])) == 1 for row in written)


@given(st.text(alphabet=st.one_of(st.sampled_from(STARTS + "\t\r\n '\"\ufeff"), st.characters()), max_size=20))
def test_cells_are_harmless(text: str) -> None:
    """What is left runs nowhere, and says the same."""
    cell = harmless(text)
    assert not cell.lstrip(" \t\r\n\ufeff\0").startswith(tuple(STARTS))
    assert not cell.startswith(("\t", "\r", "\n"))
    assert cell in (text, f"'{text}")

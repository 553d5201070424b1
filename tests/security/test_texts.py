"""Hostile text wherever a visitor, a model or a callback may write some: it is read, and does nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import reverse

import chatinterface as chat
from chatinterface import ChatInterface, ChatMessage, ChatSession, events, transcripts
from chatinterface.content.said import said as as_said
from chatinterface.flags import flagging
from chatinterface.models import Conversation, Message
from chatinterface.runs.writing import Writing
from tests.content.reader import Page
from tests.saved import anonymous, register, said
from tests.tab import Tab, ended
from tests.test_asking import answer, open_prompt

pytestmark = pytest.mark.django_db(transaction=True)

# Each holds "evil" wherever it would do something.
PIECES = [
    "<script>evil()</script>",
    "<img src=x onerror=evil()>",
    "\"><img src='//evil.example/x' onerror=evil()>",
    "'><input autofocus onfocus=evil() x='",
    '" onmouseover="evil()" x="',
    "<iframe src=//evil.example></iframe>",
    '<iframe srcdoc="<script>evil()</script>"></iframe>',
    "<form action=//evil.example><button formaction=//evil.example>x</button></form>",
    "<base href=//evil.example/>",
    '<meta http-equiv=refresh content="0;url=//evil.example">',
    "<style>@import '//evil.example';</style>",
    "<p style=background:url(//evil.example)>x</p>",
    "<link rel=stylesheet href=//evil.example>",
    "<svg onload=evil()><script>evil()</script></svg>",
    "<svg><a xlink:href=javascript:evil()><text>x</text></a></svg>",
    "<svg><style><img src=x onerror=evil()></style></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=evil()>",
    "<math href=javascript:evil()>x</math>",
    "<noscript><p title='</noscript><img src=x onerror=evil()>'>",
    "</textarea></title></pre></template><script>evil()</script>",
    "<object data=//evil.example></object><embed src=//evil.example>",
    "<video poster=//evil.example><source onerror=evil()></video>",
    "<a href=javascript:evil()>x</a>",
    "<a href='java\tscript:evil()'>x</a>",
    "<a href=data:text/html,evil>x</a>",
    "[x](javascript:evil())",
    "[x](JaVaScRiPt&colon;evil())",
    "[x](data:text/html;base64,evil)",
    "![x](javascript:evil())",
    "<javascript:evil()>",
    "[x][1]\n\n[1]: vbscript:evil()",
    '[x](https://a.example "\\" onclick=evil() x=\\"")',
    '```" onclick=evil() x="\n<script>evil()</script>\n```',
    "<b hx-get=/evil hx-trigger=load>x</b>",
    "<b data-hx-post=/evil data-hx-trigger=load>x</b>",
    "<b hx-on:load=evil() hx-on--load=evil() data-hx-on:load=evil()>x</b>",
    "<b hx-swap-oob=true id=evil>x</b>",
    "<b id=evil name=evil>x</b><a name=evil id=evil>x</a>",
    "<details ontoggle=evil() open>x</details>",
    "<b class=x data-action=evil data-chat=evil data-module=evil>x</b>",
    "<template><script>evil()</script></template>",
    "<!--><img src=x onerror=evil()>-->",
    "<![CDATA[><img src=x onerror=evil()>]]>",
    "<x:script xmlns:x=http://www.w3.org/1999/xhtml>evil()</x:script>",
    "{{ evil }}{% evil %}\u202e<img src=x onerror=evil()>",
]
ALL = "\n\n".join(PIECES)

NEVER = ("on", "style", "srcdoc", "hx-on", "data-hx", "hx-swap-oob", "hx-disable", "xmlns", "xlink:", "background")
LOADING = ("src", "srcset", "poster", "action", "formaction", "data", "content", "id", "name", "http-equiv", "ping")
MEANT = ("data-action", "data-chat", "data-module", "data-url", "data-style")
RAW = {"script", "style", "title", "iframe", "noscript", "template"}
LINKED = ("http://", "https://", "//", "/", "#", "mailto:")


class Reader(HTMLParser):
    """Notes what in a page would do something for somebody else, and whether their text is there."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[tuple[str, ...]] = []
        self.said = False
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in RAW - {"title"} else ""
        for name, value in attrs:
            given = value or ""
            self.said = self.said or "evil" in given
            sent = name.startswith("hx-") and not given.startswith("/chat/")
            theirs = "evil" in given and (sent or name in LOADING + MEANT)
            if name == "src" and tag == "img":
                theirs = "evil" in given and not given.startswith(("/static/", "https://icons.example/"))
            link = name == "href" and "evil" in given and not (tag == "a" and given.startswith(LINKED))
            if name.startswith(NEVER) or theirs or link or "evil" in name:
                self.active.append((tag, name, given))
        if tag in {"base", "object", "embed", "math", "applet", "frame", "mglyph", "noscript"}:
            self.active.append((tag,))

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        self.said = self.said or "evil" in data
        if self._inside and "evil" in data:
            self.active.append((self._inside, data))


def check(html: str, *, said: bool = True) -> None:
    """Nothing in it is active, and what was written can be read."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.active == []
    assert reader.said or not said


@pytest.mark.parametrize("piece", [piece for piece in PIECES if piece.startswith("<") and "=" in piece])
def test_reader_sees(piece: str) -> None:
    """What these tests look for would be found."""
    reader = Reader()
    reader.feed(piece)
    assert reader.active or piece.startswith(("<!", "<x:", '<a href="http'))


@pytest.fixture
def client() -> Client:
    client = Client()
    session = client.session
    session.create()
    client.cookies["sessionid"] = str(session.session_key)
    return client


def conversation(client: Client, *texts: str, **values: Any) -> Conversation:
    """A conversation of the client's, with a last message that has these values."""
    made = said(anonymous(client.cookies["sessionid"].value), *texts, title=values.pop("title", ""))
    if made.leaf is not None:
        Message.objects.filter(pk=made.leaf.pk).update(**values)
    return made


def page(client: Client, shown: Conversation, view: str = "conversation") -> str:
    response = client.get(reverse(f"chatinterface:{view}", args=[shown.interface, shown.uuid]))
    assert response.status_code == 200
    return str(response.content.decode())


@pytest.mark.parametrize("piece", PIECES)
def test_what_was_said(client: Client, piece: str) -> None:
    register()
    check(page(client, conversation(client, piece, piece)), said=False)


def test_everything_that_was_said(client: Client) -> None:
    register()
    check(page(client, conversation(client, ALL, ALL)))


def test_options(client: Client) -> None:
    register()
    options = [{"value": piece, "label": piece} for piece in PIECES] + [{"value": piece} for piece in PIECES]
    check(page(client, conversation(client, "How?", "So.", metadata={"options": options})))


@pytest.mark.parametrize("start", range(0, len(PIECES), 8))
def test_reactions(client: Client, start: int) -> None:
    names = [piece[:50] for piece in PIECES[start : start + 8]]
    register(reaction_icons=dict.fromkeys(names, "heart"))
    check(page(client, conversation(client, "How?", "So.", metadata={"reactions": names[:2]})))


@pytest.mark.parametrize("piece", [*PIECES, "../heart", "heart/../../x"])
def test_icons_are_known_ones(piece: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="Tabler does not have"):
        ChatInterface(str.upper, name="ask", reaction_icons={"x": piece})


class Question(forms.Form):
    first = forms.CharField(label=ALL, help_text="x", initial=ALL)
    second = forms.ChoiceField(label=PIECES[4], choices=[(piece, piece) for piece in PIECES])
    third = forms.MultipleChoiceField(
        label=PIECES[2], choices=[(piece, piece) for piece in PIECES], widget=forms.CheckboxSelectMultiple
    )


async def asked(**wrong: Any) -> tuple[Tab, str]:
    """A tab that shows a question, and its key; with what is said of a wrong answer."""
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        (key,) = await open_prompt()
        await tab.shows('data-kind="prompt"')
        check(await tab.complete(max(tab.shown)))
        if wrong:
            await answer(tab, key, **wrong)
            await tab.shows("data-invalid")
            check(await tab.complete(max(tab.shown)))
    return tab, key


async def test_questions() -> None:
    async def ask(message: str, instance: ChatSession) -> str:
        return str(await instance.aprompt_user(Question, title=ALL, submit=ALL))

    chat.register(ask, name="ask")
    tab, key = await asked(first=ALL, second=ALL, third=ALL)
    given = await answer(tab, key, first=ALL, second=PIECES[0], third=PIECES[1:4])
    assert given.status_code == 204
    await ended()
    check((await tab.client.get(tab.url("conversation"))).content.decode())


async def test_options_as_question() -> None:
    async def ask(message: str, instance: ChatSession) -> str:
        return str(await instance.aprompt_user(PIECES, title=PIECES[0], label=PIECES[1]))

    chat.register(ask, name="ask")
    tab, key = await asked()
    await answer(tab, key, answer="3")
    await ended()
    check((await tab.client.get(tab.url("conversation"))).content.decode())


async def test_toasts_are_text() -> None:
    """They go as text, and nothing in their script reads text as HTML."""

    async def ask(message: str, instance: ChatSession) -> str:
        await instance.anotify(PIECES[0])
        return "told"

    chat.register(ask, name="ask")
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        frame = await tab.until("notice")
        await tab.settled()
    assert (frame["text"], "html" in frame) == (PIECES[0], False)
    script = (Path(chat.__file__).parent / "static" / "chatinterface" / "notices.js").read_text()
    assert not [name for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "setHTML") if name in script]


async def test_steps_and_progress() -> None:
    async def ask(message: str, instance: ChatSession) -> AsyncIterator[object]:
        for number, piece in enumerate(PIECES):
            async with instance.add_step(piece) as step:
                await step.astream(piece)
                await step.astream_title(piece)
            await instance.aprogress(number, 50, piece, key=piece)
        yield ChatMessage(ALL, metadata={"title": ALL, "log": ALL, "id": PIECES[4], "status": "done"})

    chat.register(ask, name="ask", yields="tokens")
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        await tab.settled()
        for pk in tab.shown:
            check(await tab.complete(pk), said=False)
        assert "evil" in tab.last
    check((await tab.client.get(tab.url("conversation"))).content.decode())
    await Message.objects.aupdate(html="")
    check((await tab.client.get(tab.url("conversation"))).content.decode())


async def test_outputs() -> None:
    def ask(message: str) -> Any:
        return "said", ALL, PIECES

    chat.register(ask, name="ask", additional_outputs=["note", "list"])
    tab = await Tab.open("ask")
    async with tab.connected():
        await tab.send("hello")
        check((await tab.until("output.changed"))["html"])
        check((await tab.until("output.changed"))["html"])
        await tab.settled()
    check((await tab.client.get(tab.url("outputs"))).content.decode())
    check((await tab.client.get(tab.url("conversation"))).content.decode())


def test_opening(client: Client) -> None:
    first = [{"role": role, "content": ALL, "user": ALL} for role in ("user", "assistant", "system")]
    texts = dict.fromkeys(("header", "help_text", "title", "description", "placeholder", "placeholder_text"), ALL)
    register(initial_messages=[*first, ALL], **texts)
    check(client.get("/chat/notes/").content.decode())
    check(page(client, conversation(client, "How?", "So.")))


@pytest.mark.parametrize("piece", PIECES)
def test_names_and_avatars(client: Client, piece: str) -> None:
    register()
    check(page(client, conversation(client, "How?", user_name=piece, avatar=piece)), said=False)
    check(page(client, conversation(client, "How?", "So.", user_name=piece, avatar=piece[:11])), said=False)


def test_titles_and_snippets(client: Client) -> None:
    register()
    for piece in PIECES:
        made = conversation(client, f"bread {piece}", f"bread {piece}", title=f"{piece} title")
        check(page(client, made))
    address = reverse("chatinterface:history", args=["notes"])
    for query in ("", "bread", "evil", "title"):
        check(client.get(address, {"q": query}).content.decode())
    for piece in PIECES:
        check(client.get(address, {"q": piece}).content.decode(), said=False)


def test_flag_comments(client: Client) -> None:
    register(flagging_mode="manual", flagging_options=["Like", "Dislike", *[piece[:50] for piece in PIECES[:20]]])
    interface = chat.registry.registered()["notes"]
    made = conversation(client, "How?", "So.")
    assert made.leaf is not None
    who = anonymous(client.cookies["sessionid"].value)
    flagging.flag(interface, who, made.uuid, made.leaf.pk, PIECES[2][:50], ALL[:4000])
    check(page(client, made))


def test_imported_conversations(client: Client) -> None:
    register()
    data = transcripts.to_json(conversation(client, "How?", "So."))
    data["title"] = PIECES[2]
    kinds = ("html", "frame", "prompt", "markdown", "plot", "table", "image", "link", "chip")
    props = {"html": ALL, "text": ALL, "fields": ALL, "url": "javascript:evil()", "state": "open", "question": ALL}
    for message in data["messages"]:
        message |= {"name": PIECES[2], "avatar": "https://evil.example/x", "html": ALL}
        message["metadata"] = {"options": [{"value": ALL}], "error": {"id": "<b id=evil>", "text": ALL[:2000]}}
        message["status"] = "failed"
        message["parts"] = [
            {"type": "text", "text": ALL},
            {"type": "step", "id": "evil", "title": ALL, "status": "done", "parts": [{"type": "html", "text": ALL}]},
            {"type": "file", "file": "evil", "name": ALL, "alt_text": ALL},
            *[{"type": "component", "component": kind, "props": props, "text": ALL, "id": "evil"} for kind in kinds],
        ]
    made = transcripts.from_json(data, "notes", anonymous(client.cookies["sessionid"].value))
    check(page(client, made))


@pytest.fixture
def frames(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    taken: list[dict[str, Any]] = []

    async def publish(uuid: object, frame: dict[str, Any]) -> None:
        taken.append(frame)

    monkeypatch.setattr(events, "publish", publish)
    yield taken


@pytest.mark.parametrize("piece", PIECES)
def test_split_over_tokens(frames: list[dict[str, Any]], piece: str) -> None:
    """At every place; and letter by letter."""
    interface = ChatInterface(str.upper, name="ask")
    splits = [[piece[:at], piece[at:]] for at in range(1, len(piece))]
    for tokens in [*splits, list(piece)]:
        asyncio.run(stream(interface, tokens, frames))


async def stream(interface: ChatInterface, tokens: list[str], frames: list[dict[str, Any]]) -> None:
    frames.clear()
    made = Conversation(uuid=uuid4(), interface="ask")
    writing, shown = Writing(interface, made, Message(pk=7, conversation=made, status="running")), Page()
    for token in tokens:
        await writing.add(as_said(token)[0])
        await writing.stream.flush()
        for frame in frames:
            shown.apply(frame)
            check(shown.html, said=False)
        frames.clear()
    writing.end("success")
    await writing.stream.finish()
    check(writing.flow.final(), said=False)

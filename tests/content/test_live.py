"""For any sequence of changes and any pace of patches, a page has what a reload would show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatinterface.content.changes import BODY
from chatinterface.content.flow import Flow, LivePart
from chatinterface.content.live import LiveReply
from tests.content.reader import Page

LIMIT = 120


def shell(part: dict[str, Any]) -> str:
    """What stands for a template."""
    begin = f'<div class="ci-part" data-part="{part["id"]}"><b>{part.get("title", "")}</b>'
    if part["type"] == "component":
        return f"{begin}{part['text']}</div>\n"
    return f'{begin}<div data-part-body="{part["id"]}">{BODY}</div></div>\n'


@dataclass
class Writer:
    """Does to a reply what callbacks do, and to a page what the wire says."""

    reply: LiveReply
    page: Page
    late: Page
    made: dict[str, str]

    def shell(self, part: dict[str, Any]) -> str:
        self.made[part["id"]] = shell(part).replace(BODY, "")
        return shell(part)

    def fetch(self, page: Page) -> None:
        for address in page.fetched:
            page.complete(address, self.made[address])

    def publish(self) -> None:
        patch, changes = self.reply.patch()
        if patch is None:
            assert not changes
            return
        self.page.apply(frame(patch, changes))
        self.fetch(self.page)
        assert self.page.html == self.reply.flow.shown()

    def join(self) -> None:
        """A page that comes now."""
        self.late = Page()
        patch, changes = self.reply.snapshot()
        self.late.apply(frame(patch, changes))
        self.fetch(self.late)
        assert self.late.html == self.reply.flow.shown()


def frame(patch: Any, changes: Any) -> dict[str, Any]:
    encoded = {"keep": patch.keep, "tail": patch.tail, "commit": patch.commit, "reset": patch.reset}
    return {**encoded, "changes": [change(each) for each in changes]}


def change(each: Any) -> dict[str, Any]:
    if each.patch:
        return {"part": each.part, **frame(each.patch, [])}
    return {"part": each.part} | ({"html": each.html} if each.html is not None else {"shell": each.shell})


def parts(flow: Flow) -> list[LivePart]:
    own = [part for part in flow.parts if isinstance(part, LivePart)]
    return own + [each for part in own if part.flow for each in parts(part.flow)]


def flows(writer: Writer) -> list[Flow]:
    return [writer.reply.flow, *(part.flow for part in parts(writer.reply.flow) if part.flow)]


def write(writer: Writer, where: int, text: str) -> None:
    every = flows(writer)
    every[where % len(every)].write(text)


def say(writer: Writer, where: int, text: str) -> None:
    every = flows(writer)
    every[where % len(every)].say(text)


def add(writer: Writer, where: int, text: str) -> None:
    every = flows(writer)
    kind = "component" if where % 2 else "step"
    part = {"type": kind, "id": writer.reply.new_id(), "text": text.encode().hex() * (where % 5), "title": "t"}
    every[where % len(every)].append(LivePart(writer.reply, part, writer.shell(part)))


def renew(writer: Writer, where: int, text: str) -> None:
    found = parts(writer.reply.flow)
    if found:
        part = found[where % len(found)]
        kind = part.attributes["type"] if where % 3 else "component"
        attributes = {"type": kind, "id": part.id if kind == "step" else writer.reply.new_id()}
        attributes |= {"text": text.encode().hex(), "title": str(where)}
        part.renew(attributes, writer.shell(attributes))


def cut(writer: Writer, where: int, text: str) -> None:
    every = flows(writer)
    flow = every[where % len(every)]
    flow.cut(where % (len(flow.parts) + 1))


def publish(writer: Writer, where: int, text: str) -> None:
    writer.publish()


def join(writer: Writer, where: int, text: str) -> None:
    writer.join()


Act = Callable[[Writer, int, str], None]
ACTS: list[Act] = [*[write] * 6, *[add] * 3, *[publish] * 6, say, renew, renew, cut, join]
TEXTS = st.text(alphabet="ab \n*`#>-", max_size=12)
TEXTS |= st.sampled_from(["a word ", "\n\n", "```\ncode\n", "😀", "- item\n"])


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 30), TEXTS), max_size=40))
def test_page_is_the_reply(acts: list[tuple[Act, int, str]]) -> None:
    writer = Writer(LiveReply(address=str, limit=LIMIT), Page(), Page(), {})
    for act, where, text in acts:
        act(writer, where, text)
    writer.publish()
    assert writer.page.html == writer.reply.flow.shown()
    writer.join()
    assert writer.late.html == writer.page.html

"""A question that a run asks: shown in its reply, until an answer is valid or the time is over."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar, TypeVarTuple
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.forms import BaseForm
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from chatinterface import prompts
from chatinterface.callbacks import is_async
from chatinterface.content.components.prompt import Prompt
from chatinterface.exceptions import Ended, PromptTimeout
from chatinterface.models import Attachment
from chatinterface.port import Inquiry, Port
from chatinterface.questions import Question, said, titled
from chatinterface.runs.persisting import persistently
from chatinterface.threads import in_content

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Seconds after which an answer is looked for of which nobody has told.
POLL = 5.0


@dataclass(slots=True, kw_only=True)
class Asked:
    """A question that is shown, on the run's event loop."""

    port: Port
    loop: asyncio.AbstractEventLoop
    key: UUID
    question: Question
    inquiry: Inquiry
    prompt: Prompt
    shown: Any
    writing: Any
    deadline: float | None
    # The files of the answer, as they are handed to the form.
    opened: list[File[Any]] = field(default_factory=list)

    def close(self) -> None:
        """Close the files of the answer: it would not do, or the run has ended."""
        while self.opened:
            self.opened.pop().close()

    async def answer(self) -> Any:
        """Wait for a valid answer, and return it."""
        while True:
            posted = await self._posted()
            form, value = await in_content(self._read, posted)
            if form.is_valid() and self.inquiry.predicate is not None:
                value = await self._judge(form, value)
            if form.is_valid():
                await self._end(state="answered", answers=self._said(form), fields="")
                return value
            fields = await in_content(_fields, form)
            self.close()
            await _persistently(self.port, prompts.ask_again, self.key)
            await self._show(fields=fields)

    async def _posted(self) -> dict[str, Any]:
        while True:
            told = self.port.expect(str(self.key))
            posted = await _persistently(self.port, prompts.posted, self.key)
            if posted is not None:
                await _persistently(self.port, prompts.taken, self.key)
                return posted
            if self.port.stopped:
                raise Ended
            left = POLL if self.deadline is None else self.deadline - self.loop.time()
            if left <= 0 and await _persistently(self.port, prompts.close, self.key):
                await self._end(state="expired", note=self.inquiry.timeout_message or _("Timed out"))
                raise PromptTimeout
            await asyncio.wait({told}, timeout=max(0.0, min(left, POLL)))
            if told.cancelled():
                raise Ended

    def _read(self, posted: dict[str, Any]) -> tuple[BaseForm, Any]:
        data = MultiValueDict(posted["data"])
        files = MultiValueDict({name: [self._file(each) for each in kept] for name, kept in posted["files"].items()})
        form = self.question.bound(data, files)
        return form, self.question.value(form) if form.is_valid() else None

    def _file(self, uuid: str) -> File[Any]:
        file = _file(uuid)
        self.opened.append(file)
        return file

    async def _judge(self, form: BaseForm, value: Any) -> Any:
        assert self.inquiry.predicate is not None
        try:
            if is_async(self.inquiry.predicate):
                verdict = self.inquiry.predicate(value)
            else:
                verdict = await in_content(self.inquiry.predicate, value)
            if inspect.isawaitable(verdict):
                verdict = await verdict
        except ValidationError as error:
            self.question.refuse(form, error)
            return None
        if isinstance(verdict, str) and verdict:
            self.question.refuse(form, verdict)
        elif not verdict and verdict is not None:
            self.question.refuse(form, _("This answer will not do. Try another one."))
        return value

    def _said(self, form: BaseForm) -> list[tuple[str, str]]:
        bare = bool(self.inquiry.title) and titled(form)
        return [("" if bare else label, value) for label, value in said(form)]

    async def _end(self, **changes: Any) -> None:
        await self._show(**changes)
        if self.writing is not None:
            await self.port.ado(lambda: self.port.complete(self.writing))

    async def _show(self, **changes: Any) -> None:
        self.prompt = replace(self.prompt, **changes)
        await self.port.ado(lambda: self.port.replace(self.shown, self.prompt))


async def ask(port: Port, inquiry: Inquiry) -> Asked:
    """Show a question in the reply; its answer is waited for by ``answer()``."""
    key = uuid4()
    question = await in_content(
        partial(Question, inquiry.question, key=key.hex, label=inquiry.label, initial=inquiry.initial)
    )
    html = await in_content(_fields, question.form)
    prompt = Prompt(question=str(key), title=inquiry.title, submit=inquiry.submit or _("Submit"), fields=html)
    await _persistently(port, prompts.ask, port.run, key)
    writing = await port.begin() if inquiry.apart else None
    shown = await port.show(prompt, writing)
    loop = asyncio.get_running_loop()
    return Asked(
        port=port,
        loop=loop,
        key=key,
        question=question,
        inquiry=inquiry,
        prompt=prompt,
        shown=shown[0],
        writing=writing,
        deadline=None if inquiry.timeout is None else loop.time() + inquiry.timeout,
    )


async def _persistently(port: Port, call: Callable[[*Ts], T], *args: *Ts) -> T:
    failed = "What was asked could not be looked after"
    return await persistently(port.run, call, *args, failed=failed, event="question.failed")


def _fields(form: BaseForm) -> str:
    return render_to_string("chatinterface/prompt_fields.html", {"form": form})


def _file(uuid: str) -> File[Any]:
    kept = Attachment.objects.get(uuid=uuid)
    file: File[Any] = File(kept.file.open("rb"), name=kept.name)
    file.size = kept.size
    file.content_type = kept.content_type  # type: ignore[attr-defined]
    return file

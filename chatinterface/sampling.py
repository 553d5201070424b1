"""The replies to examples, kept in Django's cache: what was answered once is given at once to who asks the same."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache

from chatinterface import conversations
from chatinterface.content.markdown import render
from chatinterface.content.parts import text_parts, walk
from chatinterface.examples import Example
from chatinterface.history import Visitor
from chatinterface.inputs import Entered
from chatinterface.interface import ChatInterface
from chatinterface.models import Message, Run
from chatinterface.recall import recalled
from chatinterface.runs import workers
from chatinterface.runs.execution import prepare, run
from chatinterface.runs.handover import task_of
from chatinterface.signals import reply_settled

logger = logging.getLogger("chatinterface")

# Seconds for which nobody else begins to answer the same example.
ANSWERING = 600

Known = dict[str, Any]


def known(interface: ChatInterface, example: Example) -> Known | None:
    """The ``parts`` and the ``html`` of the reply to an example; None where it is not in the cache, or that is away."""
    if not interface.cache_examples:
        return None
    found: Known | None = recalled(partial(cache.get, _key(interface, example)), None)
    return found


def keep(interface: ChatInterface, example: Example, reply: Message) -> bool:
    """Put the reply to an example into the cache. What failed or was stopped is not kept, nor what has files of its
    own: they belong to the conversation in which they were made.
    """
    if reply.status != Message.Status.DONE or not reply.parts:
        return False
    if any(part.get("type") == "file" for part in walk(reply.parts)):
        return False
    return recalled(
        partial(_put, _key(interface, example), {"parts": reply.parts, "html": reply.html}), otherwise=False
    )


def _put(key: str, made: Known) -> bool:
    cache.set(key, made, timeout=None)
    return True


def keep_next(interface: ChatInterface) -> None:
    """Have the replies to examples kept that this process is about to make."""
    reply_settled.connect(_settled, sender=type(interface), dispatch_uid=f"{__name__}:{interface.name}")


def answer(interface: ChatInterface) -> Iterator[tuple[Example, bool]]:
    """Answer those examples of a chat whose replies are not in the cache; yields each, and whether it is there now.

    Those that another process is answering just now are left to it, and not yielded.
    Each is asked in a conversation of its own, which belongs to nobody and is deleted afterwards.
    """
    for example in interface.shown_examples:
        key = _key(interface, example)
        if key in cache:
            yield example, True
        elif cache.add(f"{key}:answering", 1, ANSWERING):
            try:
                yield example, keep(interface, example, _asked(interface, example))
            finally:
                cache.delete(f"{key}:answering")


def answer_all(interfaces: Iterator[ChatInterface] | list[ChatInterface]) -> None:
    """As answer(), for each chat that keeps its examples from the start, by who executes it; a failure is logged."""
    for interface in interfaces:
        if not interface.cache_examples or interface.cache_mode != "eager":
            continue
        try:
            if interface.uses_tasks:
                if any(known(interface, each) is None for each in interface.shown_examples):
                    task_of(interface, "answer_examples").enqueue(interface.name)
                continue
            for example, kept in answer(interface):
                if not kept:
                    extra = {"event": "example.unanswered", "chat": interface.name, "example": example.index}
                    logger.warning("Example %s of %r gave no reply to keep", example.index, interface.name, extra=extra)
        except Exception:
            extra = {"event": "examples.failed", "chat": interface.name}
            logger.exception("The examples of %r could not be answered beforehand", interface.name, extra=extra)


def _asked(interface: ChatInterface, example: Example) -> Message:
    additional = interface.additional.values({}) if interface.additional is not None else {}
    entered = Entered(
        parts=text_parts(example.text),
        html=render(example.text, interface.visitor_dialect),
        value=example.text,
        state={},
        additional={**additional, **example.additional},
        example=example,
    )
    nobody = Visitor(user=AnonymousUser(), session_key=uuid4().hex)
    exchange = conversations.send(
        interface, nobody, uuid4(), example.text, worker=workers.here(), may_create=True, entered=entered
    )
    try:
        async_to_sync(run)(prepare(interface, exchange, entered=entered))
        return Message.objects.get(pk=exchange.reply.pk)
    finally:
        exchange.conversation.delete()


def _settled(sender: type, interface: ChatInterface, message: Message, **kwargs: Any) -> None:
    question = message.parent
    if question is None or not _is_everybodys(question, message):
        return
    index = question.metadata.get("example")
    if index is not None and index < len(interface.shown_examples):
        example = interface.shown_examples[index]
        if question.metadata.get("digest") == example.digest:
            keep(interface, example, message)


def _is_everybodys(question: Message, reply: Message) -> bool:
    """Whether nothing that the visitor has said may be in the reply to an example."""
    return question.parent_id is None and reply.run is not None and reply.run.trigger == Run.Trigger.EXAMPLE


def _key(interface: ChatInterface, example: Example) -> str:
    return f"chatinterface:example:{interface.name}:{example.index}:{example.digest}"

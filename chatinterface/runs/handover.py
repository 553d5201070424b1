"""Handing a run over to the workers of the site's tasks: to whichever takes it. See working for what it does then."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string

from chatinterface import queueing
from chatinterface.interface import ChatInterface
from chatinterface.models import Message
from chatinterface.queueing import Way
from chatinterface.runs import workers
from chatinterface.runs.calling import Job
from chatinterface.runs.ending import running
from chatinterface.runs.execution import announce
from chatinterface.runs.stopping import end
from chatinterface.runs.waiting import stop
from chatinterface.threads import in_database

logger = logging.getLogger("chatinterface.runs")


def is_for_workers(job: Job) -> bool:
    """Whether any worker may execute this run, and nobody here does."""
    return job.exchange.run.worker == workers.ANY


async def hand_over(job: Job) -> None:
    """Tell the pages of what was begun, and have it done by a worker.

    Where the backend does not take it, the reply counts as interrupted, and can be tried again.
    """
    await asyncio.shield(running.begin(_hand_over(job)))


def task_of(interface: ChatInterface, name: str) -> Any:
    """A task of :mod:`chatinterface.tasks` for the backend and the queue of a chat.

    Raises what that module raises where the site has no such backend: it can be imported only where there are tasks.
    """
    task = import_string(f"chatinterface.tasks.{name}")
    return task.using(backend=interface.task_backend, queue_name=interface.task_queue)


async def _hand_over(job: Job) -> None:
    run = job.exchange.run
    with translation.override(job.exchange.conversation.language or settings.LANGUAGE_CODE):
        await announce(job)
    try:
        if job.exchange.way is Way.INTERRUPT:
            # By whoever writes them: the worker that is to answer now may be the one that does.
            await stop(await in_database(queueing.before, run))
        await in_database(_enqueue, job)
    except Exception as error:
        extra = {"event": "task.unqueued", "chat": job.interface.name, "run": run.pk, "error": type(error).__name__}
        logger.exception("Run %s of %r could not be handed to the workers", run.pk, job.interface.name, extra=extra)
        await end(job.exchange.reply.pk, Message.Status.INTERRUPTED)


def _enqueue(job: Job) -> None:
    then = [[event.name, None if event.message is None else event.message.pk] for event in job.then]
    task_of(job.interface, "answer").enqueue(job.exchange.run.pk, then)

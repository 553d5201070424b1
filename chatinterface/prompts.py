"""The questions of runs, as they stand in the database: who asks and who answers may be different processes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from chatinterface.exceptions import NotAsked
from chatinterface.models import Conversation, Message, Prompt, Run

Status = Prompt.Status


def ask(run: Run, key: UUID) -> None:
    """From now on the question can be answered; again, too."""
    run.asks = True
    Prompt.objects.get_or_create(key=key, defaults={"run": run})


def require_asked(conversation: Conversation, key: UUID) -> Prompt:
    """A question of a conversation, with its run, that waits for an answer or has got one.

    Raises Prompt.DoesNotExist where the conversation has no such question, NotAsked where nobody waits for an answer
    any more.
    """
    prompt = Prompt.objects.select_related("run").get(key=key, run__conversation=conversation)
    if prompt.status != Status.TAKEN and (prompt.run.status not in Run.ACTIVE or prompt.status == Status.CLOSED):
        raise NotAsked
    return prompt


def answer(prompt: Prompt, posted: dict[str, Any]) -> list[int] | None:
    """Keep what was posted, for the run to take; returns the ids of the messages that it writes.

    A second answer is ignored: None is returned. Raises NotAsked where the question was closed meanwhile.
    """
    kept = _one(prompt.key, Status.OPEN).update(status=Status.ANSWERED, answer=posted, answered_at=timezone.now())
    if not kept:
        if not Prompt.objects.filter(pk=prompt.pk).exclude(status=Status.CLOSED).exists():
            raise NotAsked
        return None
    return list(Message.objects.filter(run=prompt.run, status=Message.Status.RUNNING).values_list("pk", flat=True))


def posted(key: UUID) -> dict[str, Any] | None:
    """What was posted, for the run to take; None where nothing was."""
    return _one(key, Status.ANSWERED).values_list("answer", flat=True).first()


def taken(key: UUID) -> None:
    """The run has what was posted, which is forgotten with that: it may be a secret."""
    _one(key, Status.ANSWERED).update(status=Status.TAKEN, answer=None)


def ask_again(key: UUID) -> None:
    """The answer would not do."""
    _one(key, Status.TAKEN).update(status=Status.OPEN)


def close(key: UUID) -> bool:
    """Nobody waits for the answer any more; False where one has just arrived."""
    unanswered = Prompt.objects.filter(key=key, status__in=[Status.OPEN, Status.CLOSED])
    return bool(unanswered.update(status=Status.CLOSED))


def end(runs: Iterable[Run | int]) -> None:
    """These runs have ended: what they have not taken is forgotten. To be called in the transaction that ends them."""
    Prompt.objects.filter(run__in=runs).exclude(status=Status.TAKEN).update(status=Status.CLOSED, answer=None)


def go_on(run: Run) -> None:
    """A run that was taken for lost waits for its answers again."""
    Prompt.objects.filter(run=run, status=Status.CLOSED).update(status=Status.OPEN)


def _one(key: UUID, status: str) -> QuerySet[Prompt]:
    return Prompt.objects.filter(key=key, status=status)

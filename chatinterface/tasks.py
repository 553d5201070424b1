"""The tasks for the workers of the site's own backend: the replies of chats with ``executor="tasks"``, and the same as
the management commands.

From Django 6 on; for Django 5.2 by the package django-tasks. Nothing imports this module but a site that uses it, and
what enqueues replies for such a chat::

    from chatinterface.tasks import prune

    prune.enqueue()
"""

from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth import get_user_model

from chatinterface import personal_data, registry, retention, sampling
from chatinterface.runs.working import work

try:
    from django.tasks import task
except ImportError:  # Django 5.2
    from django_tasks import task  # type: ignore[no-redef]


@task()
def answer(run: int, then: list[tuple[str, int | None]]) -> str | None:
    """Write the reply of a run that was begun by its id, with the buttons that have something to do after it.

    Returns how it ended; None where nothing was left to be done. For chatinterface itself to enqueue.
    """
    for interface in registry.registered().values():
        if interface.cache_examples and interface.uses_tasks:
            sampling.keep_next(interface)
    return work(run, then)


@task()
def answer_examples(chat: str) -> int:
    """Have the examples of a chat answered whose replies are not in the cache yet; returns how many are kept now."""
    return sum(kept for _example, kept in sampling.answer(registry.registered()[chat]))


@task()
def prune() -> dict[str, int]:
    """Delete what the chats' retention says; returns how much of what."""
    return asdict(retention.prune())


@task()
def export_user(username: str, target: str) -> str:
    """Write all that is kept of a user to a directory or a zip file; returns its path. Raises as export_user() does."""
    user = get_user_model()._default_manager.get_by_natural_key(username)
    return str(personal_data.export_user(user, target))

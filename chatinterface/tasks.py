"""The same as the management commands, as tasks for the site's own backend.

From Django 6 on; for Django 5.2 by the package django-tasks. Nothing imports this module but a site that uses it::

    from chatinterface.tasks import prune

    prune.enqueue()
"""

from __future__ import annotations

from dataclasses import asdict

from django.contrib.auth import get_user_model

from chatinterface import personal_data, retention

try:
    from django.tasks import task
except ImportError:  # Django 5.2
    from django_tasks import task  # type: ignore[no-redef]


@task()
def prune() -> dict[str, int]:
    """Delete what the chats' retention says; returns how much of what."""
    return asdict(retention.prune())


@task()
def export_user(username: str, target: str) -> str:
    """Write all that is kept of a user to a directory or a zip file; returns its path. Raises as export_user() does."""
    user = get_user_model()._default_manager.get_by_natural_key(username)
    return str(personal_data.export_user(user, target))

"""Where the callback is called: in the server process, or by a worker of the site's tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

from chatinterface.declarations.base import Declaration, listed
from chatinterface.inputs import has_secret

if TYPE_CHECKING:
    from chatinterface.additional import Additional
    from chatinterface.inputs import Input

Executor = Literal["asgi", "tasks"]
EXECUTORS: tuple[str, ...] = get_args(Executor)


class Executing(Declaration):
    """Who executes a chat's runs."""

    # Where the callback is called: "asgi", in the server process that took the message, or "tasks", by a worker process
    # of the backend that the site has in TASKS (Django's own tasks; on Django 5.2 the package django-tasks).
    executor: Executor = "asgi"
    # For "tasks": the alias of that backend in TASKS, and the name of the queue there.
    task_backend: str = "default"
    task_queue: str = "default"

    if TYPE_CHECKING:
        additional: Additional | None
        entries: Mapping[str, Input]

    @property
    def uses_tasks(self) -> bool:
        """Whether a worker process is to call the callback."""
        return self.executor == "tasks"

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        if self.executor not in EXECUTORS:
            self.refuse(f"executor={self.executor!r} must be one of {listed(EXECUTORS)}.")
        for name in ("task_backend", "task_queue"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value:
                self.refuse(f"{name}={value!r} must be a name, as it stands in the setting TASKS.")
        if self.uses_tasks and (secret := self._secret()):
            self.refuse(
                f"{secret!r} is entered as a secret, which is stored nowhere: no worker could be given it. Ask for it "
                "in the callback by prompt_user(), or leave executor='asgi'."
            )

    def _secret(self) -> str:
        """The name of an input that takes a secret; "" where there is none."""
        declared = [(name, each.form().fields) for name, each in self.entries.items()]
        if self.additional is not None:
            declared += [(name, {name: field}) for name, field in self.additional.form_class.base_fields.items()]
        return next((name for name, fields in declared if has_secret(fields)), "")

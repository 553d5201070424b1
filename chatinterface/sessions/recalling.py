"""What was said before, as a callback may look at it: the log as a list, and as a model wants it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from asgiref.sync import sync_to_async

from chatinterface.sessions.base import Session

if TYPE_CHECKING:
    from chatinterface.models import Message


class Recalling(Session):
    """The log is read from the database each time: with one query, in a synchronous callback.

    An async callback awaits ``amessages()`` instead.
    """

    def messages(self) -> list[Message]:
        """All that the log shows, oldest first: the question too, and the reply as far as it is stored."""
        return list(self.conversation.messages.filter(active=True).order_by("pk"))

    @property
    def objects(self) -> list[Message]:
        """Panel's name for messages()."""
        return self.messages()

    async def amessages(self) -> list[Message]:
        """See messages()."""
        return await sync_to_async(self.messages)()

    def __len__(self) -> int:
        return self.conversation.messages.filter(active=True).count()

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages())

    @overload
    def __getitem__(self, index: int) -> Message: ...

    @overload
    def __getitem__(self, index: slice) -> list[Message]: ...

    def __getitem__(self, index: int | slice) -> Message | list[Message]:
        return self.messages()[index]

    def serialize(
        self,
        *,
        exclude_users: Collection[str] = ("Help",),
        filter_by: Callable[[list[Message]], Sequence[Message]] | None = None,
        limit: int | None = None,
        format: Literal["transformers"] = "transformers",
        role_names: Mapping[str, str | Collection[str]] | None = None,
        default_role: str = "assistant",
        custom_serializer: Callable[[Message], str] | None = None,
    ) -> list[dict[str, str]]:
        """The log for a language model, as dicts of ``role`` and ``content``, as Panel's ``serialize``.

        First those are left out whose users are in ``exclude_users`` (in whatever case), then ``filter_by`` chooses,
        then the last ``limit`` are taken: 0 is none. The role is the message's own, or with ``role_names`` the one that
        has the name of its user, else ``default_role``. The content is text, and what stands for what is none; no bytes
        of files. ``custom_serializer`` makes it of a message instead.
        """
        return self._serialized(
            self.messages(), exclude_users, filter_by, limit, format, role_names, default_role, custom_serializer
        )

    async def aserialize(self, **options: Any) -> list[dict[str, str]]:
        """See serialize()."""
        return await sync_to_async(self.serialize)(**options)

    def _serialized(
        self,
        messages: list[Message],
        exclude_users: Collection[str],
        filter_by: Callable[[list[Message]], Sequence[Message]] | None,
        limit: int | None,
        format_: str,
        role_names: Mapping[str, str | Collection[str]] | None,
        default_role: str,
        custom_serializer: Callable[[Message], str] | None,
    ) -> list[dict[str, str]]:
        if format_ != "transformers":
            raise ValueError(f'format={format_!r} is not known. The one there is is "transformers".')
        if not default_role:
            raise ValueError('default_role must be a role, like "assistant".')
        excluded = {name.casefold() for name in exclude_users}
        said = [each for each in messages if each.user_name.casefold() not in excluded and each.text]
        chosen = list(filter_by(said)) if filter_by is not None else said
        chosen = chosen if limit is None else chosen[max(len(chosen) - limit, 0) :] if limit > 0 else []
        roles = _by_name(role_names)
        return [
            {
                "role": each.role if role_names is None else roles.get(each.user_name.casefold(), default_role),
                "content": custom_serializer(each) if custom_serializer else each.text,
            }
            for each in chosen
        ]


def _by_name(role_names: Mapping[str, str | Collection[str]] | None) -> dict[str, str]:
    return {
        name.casefold(): role
        for role, names in (role_names or {}).items()
        for name in ([names] if isinstance(names, str) else names)
    }

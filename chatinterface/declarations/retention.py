"""How long what was said is kept."""

from __future__ import annotations

from chatinterface.declarations.base import Declaration


class Retention(Declaration):
    """What ``manage.py chatinterface_prune`` deletes of a chat."""

    # Days for which a conversation is kept after its last change; None for ever.
    retention: int | None = None
    # Days for which a flag, with what its reader saw, outlives its conversation, counted from when it was made; None
    # where it goes with the conversation.
    flag_retention: int | None = None
    # (frequency, age) in seconds: uploads that were never sent are deleted at this age, looked for this often while the
    # chat is used; None leaves them to the command.
    delete_cache: tuple[int, int] | None = None

    def settle(self) -> None:
        """See Declaration.settle()."""
        super().settle()
        for name in ("retention", "flag_retention"):
            days = getattr(self, name)
            if days is not None and not _is_positive(days):
                self.refuse(f"{name}={days!r} must be a number of days, 1 or more, or None.")
        cache = self.delete_cache
        if cache is not None and not (
            isinstance(cache, tuple | list) and len(cache) == 2 and all(_is_positive(each) for each in cache)
        ):
            self.refuse(f"delete_cache={cache!r} must be (frequency, age) in seconds, like (3600, 86400), or None.")


def _is_positive(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number > 0

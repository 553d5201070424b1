"""Inputs of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext_lazy as _

from chatinterface.content import accepted
from chatinterface.content.allowance import FileLimits, bytes_of
from chatinterface.widgets.base import Panel

# What the ids of uploads are posted as, with commas between them: files are uploaded before they are sent.
UPLOADS = "uploads"
# Characters of all ids together.
LONGEST_LIST = 40_000


class UploadsWidget(forms.TextInput):
    """Whose value is the same whatever the field is called."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        return data.get(UPLOADS)


class UploadsField(forms.Field):
    """The ids of the files that a message is sent with, in order, with commas between them."""

    widget = UploadsWidget

    def to_python(self, value: Any) -> Any:
        """The ids."""
        try:
            if len(value or "") > LONGEST_LIST:
                raise ValueError
            return [UUID(each) for each in (value or "").split(",") if each]
        except ValueError:
            raise ValidationError(_("These files cannot be sent. Attach them again."), code="invalid") from None


class FileInput(Panel, UploadsField):
    """Files as a message: the callback gets what is in the file, as in Panel; of several a list.

    ``accept`` says which are taken, as a list or with commas: extensions, content types, or kinds such as ``"image"``;
    ``multiple`` whether there may be several, ``max_files`` at most; ``max_size`` is that of each, in bytes or as
    ``"20mb"``. It is a tab of its own, and no field of a form.
    """

    panel = "file"
    uploads = True

    def __init__(
        self,
        *,
        accept: str | Iterable[str] = (),
        multiple: bool = False,
        max_files: int | None = 10,
        max_size: int | str | None = "100mb",
        **options: Any,
    ) -> None:
        options["error_messages"] = {"required": _("Choose a file first."), **(options.get("error_messages") or {})}
        super().__init__(**options)
        several = accept.replace(",", " ").split() if isinstance(accept, str) else list(accept)
        for each in several:
            if not accepted.is_known(each):
                raise ImproperlyConfigured(
                    f"FileInput has accept={each!r}. Write extensions ('.csv'), content types ('image/*') or of "
                    f"{', '.join(map(repr, accepted.KINDS))}."
                )
        try:
            size = bytes_of(max_size)
        except ValueError as error:
            raise ImproperlyConfigured(f"FileInput has max_size={error}") from None
        self.limits = FileLimits(types=tuple(several), max_bytes=size, max_files=max_files if multiple else 1)

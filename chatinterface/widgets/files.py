"""Inputs of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import FileExtensionValidator
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from chatinterface.content import accepted
from chatinterface.content.allowance import FileLimits, bytes_of
from chatinterface.widgets.base import Panel

# What the ids of uploads are posted as, with commas between them: files are uploaded before they are sent. Those of a
# field of a form are posted by its own name.
UPLOADS = "uploads"
# Characters of all ids together.
LONGEST_LIST = 40_000
# Files of a folder, where nobody says how many.
FOLDER = 1_000


class UploadsField(forms.Field):
    """The ids of the files that a message is sent with, in order, with commas between them."""

    def to_python(self, value: Any) -> Any:
        """The ids."""
        try:
            return ids(value or "")
        except ValueError:
            raise ValidationError(_("These files cannot be sent. Attach them again."), code="invalid") from None


class FilesWidget(forms.TextInput):
    """Whose value is a list of files."""

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> Any:
        return list(files.getlist(name))


class FileInput(Panel):
    """Files as a message, or as a field of a form: the callback gets what is in the file, as in Panel; of several a
    list.

    ``accept`` says which are taken, as a list or with commas: extensions, content types, or kinds such as ``"image"``;
    ``multiple`` whether there may be several, ``max_files`` at most; ``max_size`` is that of each, in bytes or as
    ``"20mb"``. With ``directory`` a whole folder is chosen or dropped, and what of it is taken comes as a list.
    """

    panel = "file"
    widget = FilesWidget
    # Whether the callback gets what is in the files, and not the files.
    reads = True

    def __init__(
        self,
        *,
        accept: str | Iterable[str] = (),
        multiple: bool = False,
        directory: bool = False,
        max_files: int | None = None,
        max_size: int | str | None = "100mb",
        **options: Any,
    ) -> None:
        required = _("Choose a folder first.") if directory else _("Choose a file first.")
        options["error_messages"] = {"required": required, **(options.get("error_messages") or {})}
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
            raise ImproperlyConfigured(f"FileInput: max_size={error}") from None
        self.several = multiple or directory
        most = (max_files or (FOLDER if directory else 10)) if self.several else 1
        self.limits = FileLimits(types=tuple(several), max_bytes=size, max_files=most, directory=directory)

    def clean(self, value: Any) -> Any:
        """The file, or None; of several a list."""
        found = super().clean(value)
        return found if self.several else next(iter(found), None)

    def validate(self, value: Any) -> None:
        """Require a file where one is needed, and no more than may be."""
        super().validate(value)
        most = self.limits.max_files or len(value)
        if len(value) > most:
            said = ngettext_lazy("Choose one file.", "Choose at most %(count)s files.", most)
            raise ValidationError(said, code="max_files", params={"count": most})


def ids(text: str) -> list[UUID]:
    """The ids that were posted. Raises ValueError for what are none."""
    if len(text) > LONGEST_LIST:
        raise ValueError
    return [UUID(each) for each in text.split(",") if each]


def limits_of(field: forms.Field) -> FileLimits | None:
    """The files that a field takes, also one of Django's own; None for a field of anything else."""
    if isinstance(field, FileInput):
        return field.limits
    if not isinstance(field, forms.FileField):
        return None
    validators = [each for each in field.validators if isinstance(each, FileExtensionValidator)]
    extensions = validators[0].allowed_extensions if validators else None
    types = [f".{each}" for each in extensions or ()]
    if not types and isinstance(field, forms.ImageField):
        types = ["image"]
    several = getattr(field.widget, "allow_multiple_selected", False)
    return FileLimits(types=tuple(types), max_bytes=bytes_of("100mb"), max_files=10 if several else 1)

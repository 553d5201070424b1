"""What is posted, validated."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from chatinterface.declarations.composing import Composing
from chatinterface.declarations.flagging import LONGEST_OPTION
from chatinterface.declarations.responding import LONGEST
from chatinterface.inputs import EMPTY
from chatinterface.responding import MOST_OPTIONS
from chatinterface.widgets.files import UploadsField
from chatinterface.widgets.text import ChatAreaInput

MAX_LENGTH = 100_000
LONGEST_COMMENT = 5_000


class Envelope(forms.Form):
    """What goes with each message: the page's token where its conversation does not exist yet, and the browser's
    idempotency key; and the files that it is sent with.

    ``uploads_token`` is the token of the page that these were attached in, where that one was left since.
    """

    key = forms.UUIDField(required=False)
    token = forms.CharField(required=False, max_length=500)
    uploads = UploadsField(required=False)
    uploads_token = forms.CharField(required=False, max_length=500)


class MessageForm(Envelope):
    """A message of text."""

    message = ChatAreaInput(label=_("Message"), max_length=MAX_LENGTH, error_messages={"required": EMPTY})
    message.widget.attrs.update({"data-chat-input": True, "data-chat-area": True})

    def __init__(self, *args: Any, interface: Composing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declared = interface.field
        if not declared and interface.enter_sends:
            return
        self.fields["message"] = ChatAreaInput(
            label=declared.get("label") or _("Message"),
            error_messages={"required": EMPTY},
            value=declared.get("value"),
            max_length=declared.get("max_length", MAX_LENGTH),
            placeholder=declared.get("placeholder") or _("Send a message"),
            rows=declared.get("lines", 1),
            max_rows=declared.get("max_lines"),
            enter_sends=interface.enter_sends,
        )
        self.fields["message"].widget.attrs.update({"data-chat-input": True, "data-chat-area": True})


class PressForm(forms.Form):
    """What goes with the press of a button: the page's token, where its conversation does not exist yet."""

    token = forms.CharField(required=False, max_length=500)


class EditForm(forms.Form):
    """A new version of a message."""

    key = forms.UUIDField(required=False)
    message = forms.CharField(
        label=_("Edit message"),
        strip=False,
        max_length=MAX_LENGTH,
        error_messages={"required": _("Write something, or cancel.")},
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto", "data-chat-edit": True}),
    )

    def clean_message(self) -> str:
        """The text with the line ends of Python, and not blank."""
        text: str = self.cleaned_data["message"].replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            raise ValidationError(self.fields["message"].error_messages["required"], code="required")
        return text


class ShareForm(forms.Form):
    """What is shown to who has the link."""

    shows_files = forms.BooleanField(label=_("Show files and pictures, too"), required=False)


class FlagForm(forms.Form):
    """What a reader thinks of a message: an option, or none to take it back; and a comment, where one was written."""

    option = forms.CharField(required=False, strip=False, max_length=LONGEST_OPTION)
    comment = forms.CharField(required=False, max_length=LONGEST_COMMENT)

    def clean(self) -> dict[str, Any]:
        """Tell a comment that was emptied from none, and an option that is missing from none."""
        if "option" not in self.data:
            raise ValidationError(_("Choose what you think of it."), code="required")
        cleaned = self.cleaned_data
        return cleaned if "comment" in self.data else {**cleaned, "comment": None}


class ReactionForm(forms.Form):
    """A reaction, and whether it is given or taken back."""

    reaction = forms.CharField(max_length=LONGEST)
    given = forms.BooleanField(required=False)


class OptionForm(forms.Form):
    """Which of the replies that a message offers is chosen."""

    index = forms.IntegerField(min_value=0, max_value=MOST_OPTIONS)
    key = forms.UUIDField(required=False)

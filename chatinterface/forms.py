"""What is posted, validated."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_LENGTH = 100_000


class MessageForm(forms.Form):
    """A message; with the page's token where its conversation does not exist yet, and the browser's idempotency key."""

    message = forms.CharField(
        label=_("Message"),
        strip=False,
        max_length=MAX_LENGTH,
        error_messages={"required": _("Write a message first.")},
        widget=forms.Textarea(
            attrs={"rows": 1, "placeholder": _("Send a message"), "data-chat-input": True, "enterkeyhint": "send"}
        ),
    )
    key = forms.UUIDField(required=False)
    token = forms.CharField(required=False, max_length=500)

    def clean_message(self) -> str:
        """The text with the line ends of Python, and not blank."""
        text: str = self.cleaned_data["message"].replace("\r\n", "\n").replace("\r", "\n")
        if not text.strip():
            raise ValidationError(self.fields["message"].error_messages["required"], code="required")
        return text

"""What can be entered: Panel's inputs as Django form fields, with Panel's keywords beside Django's own.

Each is a ``django.forms.Field``, so that any form may have it, and any other field or form may stand beside it in the
``widgets`` of a chat.
"""

from chatinterface.widgets.base import Panel
from chatinterface.widgets.choices import Checkbox, CheckBoxGroup, MultiSelect, RadioButtonGroup, Select, Switch
from chatinterface.widgets.dates import DatePicker, DatetimePicker
from chatinterface.widgets.files import FileInput
from chatinterface.widgets.numbers import FloatInput, FloatSlider, IntInput, IntSlider, RangeSlider
from chatinterface.widgets.text import ChatAreaInput, CodeEditor, ColorPicker, PasswordInput, TextAreaInput, TextInput

__all__ = [
    "ChatAreaInput",
    "CheckBoxGroup",
    "Checkbox",
    "CodeEditor",
    "ColorPicker",
    "DatePicker",
    "DatetimePicker",
    "FileInput",
    "FloatInput",
    "FloatSlider",
    "IntInput",
    "IntSlider",
    "MultiSelect",
    "Panel",
    "PasswordInput",
    "RadioButtonGroup",
    "RangeSlider",
    "Select",
    "Switch",
    "TextAreaInput",
    "TextInput",
]

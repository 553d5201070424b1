"""What a reply may show beside text: a value object for each kind, and the types that become one of them."""

from chatinterface.content.components import data as _conversions  # noqa: F401
from chatinterface.content.components.base import Blob, Component, Store
from chatinterface.content.components.facts import Progress, Record
from chatinterface.content.components.form import Form
from chatinterface.content.components.frame import Frame
from chatinterface.content.components.layout import Accordion, Column, Row, Tabs
from chatinterface.content.components.media import PDF, Audio, File, Gallery, Image, Video
from chatinterface.content.components.plots import Plot
from chatinterface.content.components.structure import JSON
from chatinterface.content.components.table import Table
from chatinterface.content.components.text import HTML, Code, Markdown, Text

__all__ = [
    "HTML",
    "JSON",
    "PDF",
    "Accordion",
    "Audio",
    "Blob",
    "Code",
    "Column",
    "Component",
    "File",
    "Form",
    "Frame",
    "Gallery",
    "Image",
    "Markdown",
    "Plot",
    "Progress",
    "Record",
    "Row",
    "Store",
    "Table",
    "Tabs",
    "Text",
    "Video",
]

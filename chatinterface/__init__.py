"""A Python callback becomes a chat page of a Django site.

The model I have is a function that answers a message; the page I want is a chat that streams its answers, keeps what
was said, and belongs to the user who said it::

    # shop/chats.py
    import chatinterface as chat

    @chat.register(title="Echo", yields="tokens")
    async def echo(message, history):
        for word in message.split():
            yield word + " "

"""

from chatinterface.content.components import (
    HTML,
    JSON,
    PDF,
    Accordion,
    Audio,
    Blob,
    Code,
    Column,
    Component,
    File,
    Form,
    Frame,
    Gallery,
    Image,
    Markdown,
    Plot,
    Progress,
    Record,
    Row,
    Store,
    Table,
    Tabs,
    Text,
    Video,
)
from chatinterface.content.conversion import converts
from chatinterface.content.message import ChatMessage
from chatinterface.content.sent import ChatFile, MultimodalMessage
from chatinterface.declarations.buttons import active_widget
from chatinterface.declarations.chatbot import Chatbot
from chatinterface.declarations.composing import MultimodalTextbox, Textbox
from chatinterface.inputs import FormData
from chatinterface.interface import ChatInterface
from chatinterface.registry import register
from chatinterface.session import ChatSession
from chatinterface.validation import Validation, validate

__all__ = [
    "HTML",
    "JSON",
    "PDF",
    "Accordion",
    "Audio",
    "Blob",
    "ChatFile",
    "ChatInterface",
    "ChatMessage",
    "ChatSession",
    "Chatbot",
    "Code",
    "Column",
    "Component",
    "File",
    "Form",
    "FormData",
    "Frame",
    "Gallery",
    "Image",
    "Markdown",
    "MultimodalMessage",
    "MultimodalTextbox",
    "Plot",
    "Progress",
    "Record",
    "Row",
    "Store",
    "Table",
    "Tabs",
    "Text",
    "Textbox",
    "Validation",
    "Video",
    "active_widget",
    "converts",
    "register",
    "validate",
]
__version__ = "0.1.0"

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

from chatinterface.interface import ChatInterface
from chatinterface.registry import register
from chatinterface.session import ChatSession

__all__ = ["ChatInterface", "ChatSession", "register"]
__version__ = "0.1.0"

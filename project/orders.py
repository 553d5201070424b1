"""Demo chats into which the site writes by itself, and that talk to themselves."""

import threading
import time
from uuid import UUID

from django.db import connections

import chatinterface as chat
from project.agents import spoken

ITEMS = ["a compass", "two maps", "a lamp"]
VOICES = {"Ida": "🦊", "Jon": "🐻"}
TURNS = (
    "I would take the train: it is warm, and one can read.",
    "And see nothing of the sea? The ferry, of course.",
    "Then the ferry there, and the train back.",
    "With a book for both.",
)


def pack(conversation: UUID) -> None:
    """What the warehouse does, which knows the conversation, and no more of the chat."""
    try:
        session = chat.ChatSession.get(conversation)
        packed = session.stream("Packing your order:", user="Warehouse", avatar="📦")
        for item in ITEMS:
            time.sleep(0.8)
            session.stream(f"\n- {item}", packed)
        session.send("Your order has **shipped**.", user="Shop", avatar="🚚")
        session.notify("Your order has shipped.", "success")
    finally:
        connections.close_all()


@chat.register(
    title="My order",
    description="Order something. The warehouse packs it, and writes into the conversation by itself.",
    callback_user="Shop",
    callback_avatar="🚚",
    save_history=True,
)
def my_order(message: str, chat: chat.ChatSession) -> str:
    threading.Thread(target=pack, args=[chat.conversation.uuid], daemon=True).start()
    return "Thank you for your order. The warehouse has it now."


@chat.register
class TwoMinds(chat.ChatInterface):
    title = "Two minds"
    description = "Two voices that answer each other, until you stop them. `/clear` begins anew, and can be undone."

    async def callback(self, contents: str, user: str, instance: chat.ChatSession) -> str | None:
        if contents == "/clear":
            await instance.aclear()
            return "Where shall we go?"
        turn = TURNS.index(contents.strip()) + 1 if user in VOICES else 0
        name = list(VOICES)[turn % 2]
        said = None
        async for word in spoken(TURNS[turn]):
            said = await instance.astream(word, said, user=name, avatar=VOICES[name])
        if turn + 1 < len(TURNS):
            instance.respond()
        return None

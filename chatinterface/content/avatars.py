"""Which picture stands for whom?"""

import re
from collections.abc import Mapping
from typing import Any

# By their normalised names; a chat adds to them, and overrides them.
BUILT_IN: Mapping[str, str] = {
    **dict.fromkeys(("user", "human", "person", "me"), "🧑"),
    **dict.fromkeys(("assistant", "bot", "chatbot", "ai", "agent", "machine", "robot"), "🤖"),
    **dict.fromkeys(("exception", "error"), "❌"),
    **dict.fromkeys(("tool", "tools"), "🛠️"),
    **dict.fromkeys(("retriever", "document", "documents"), "📄"),
    **dict.fromkeys(("translator", "translate"), "🌐"),
    **dict.fromkeys(("plot", "chart"), "📊"),
    "system": "⚙️",
    "help": "❓",
    "input": "❗",
    "adult": "🧑",
    "baby": "👶",
    "boy": "👦",
    "calculator": "🧮",
    "child": "🧒",
    "girl": "👧",
    "huggingface": "🤗",
    "langchain": "🦜",
    "llama": "🦙",
    "llama2": "🐪",
    "man": "👨",
    "woman": "👩",
}

# The longest avatar that is drawn as text: an emoji may be a family of several.
LONGEST_TEXT = 12


def normalise(name: str) -> str:
    """A name as it is compared: its letters and digits, in lower case."""
    return re.sub(r"\W+", "", name).lower()


def lookup(name: str, avatars: Mapping[str, Any]) -> Any:
    """The avatar of a name, ``avatars`` first; "" where there is none. As Panel's: both are compared normalised."""
    key = normalise(name)
    own = {normalise(each): avatar for each, avatar in avatars.items()}
    found = own.get(key, BUILT_IN.get(key, ""))
    return found(name) if callable(found) else found


def initial(name: str) -> str:
    """What is drawn where there is no avatar: the first letter or digit of the name."""
    return next((character.upper() for character in name if character.isalnum()), "")


def is_text(avatar: str) -> bool:
    """Whether an avatar is a character or an emoji, and not the place of an image."""
    return len(avatar) <= LONGEST_TEXT and not re.search(r"[./:]", avatar)

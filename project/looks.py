"""Demo chats for how a log may look and be read."""

import asyncio
from collections.abc import AsyncIterator

import chatinterface as chat

BRACKETS = [
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "\\(", "right": "\\)", "display": False},
]


@chat.register(
    title="In full rows",
    header="The team of **Harbour Books**, in the layout `panel`.",
    help_text=[
        "Say anything, and everybody answers. *Help* is no part of the history, and may be more than text:",
        chat.Table([{"shelf": "A", "books": "Ships and harbours"}, {"shelf": "B", "books": "Whales"}]),
    ],
    initial_messages=["Good morning! What are you looking for?", {"role": "user", "content": "A book about *ships*."}],
    card_params={"header_background": "#0b5563", "header_color": "#ffffff"},
    layout="panel",
    callback_user="Dr. Watson",
    default_avatars={"dr watson": "🩺"},
    avatar_images=("chatinterface/icon.svg", None),
    timestamp_format="%a %H:%M",
)
def rows(message: str, history: list[dict[str, str]]) -> str:
    return f"You have said {1 + sum(each['role'] == 'user' for each in history)} things so far."


@chat.register(
    title="من اليمين إلى اليسار",
    description="From right to left, whatever the language of the page.",
    rtl=True,
    callback_user="مساعد",
    fill_height=False,
)
def right_to_left(message: str) -> str:
    return f"قلت: {message}\n\nWhat is left-to-right finds its direction by itself."


@chat.register(
    title="Formulas in brackets",
    description=r"Reads `\(…\)` and `\[…\]` as formulas, `$` as dollars, and hides `<think>`.",
    chatbot=chat.Chatbot(latex_delimiters=BRACKETS, allow_tags=False, line_breaks=False),
)
def brackets(message: str) -> str:
    return "For $5 <think>what else?</think> we get \\(a^2 + b^2\\), and with it\n\\[ c = \\sqrt{a^2 + b^2} \\]"


@chat.register(
    title="As it was written",
    description="No Markdown: each line as it is.",
    render_markdown=False,
    show_timestamp=False,
)
def verbatim(message: str) -> str:
    return f"  *{message}*\n  <b>is shown as you wrote it</b>"


@chat.register(
    title="House style",
    description="Colours and shapes by a stylesheet of the site, as wide as the page, and less beside each message.",
    css_classes=["house"],
    stylesheets=["project/house.css"],
    fill_width=True,
    message_params={"show_avatar": False, "show_timestamp": False},
    group_consecutive_messages=False,
    watermark="From the House of Chats",
    buttons=["copy"],
)
def house(message: str) -> list[str]:
    return [f"> {message}", "In our colours, and twice by the same author."]


@chat.register(
    title="A long read",
    description="Opens at its beginning, stays where you read, and loads what is older in small portions.",
    initial_messages=[f"Page {number} of a long story." for number in range(1, 13)],
    load_buffer=10,
    view_latest=False,
    autoscroll=False,
    scroll_button_threshold=300,
    auto_scroll_limit=40,
    timestamp_tz="Europe/Paris",
    show_user=False,
)
def long_read(message: str) -> str:
    return "\n\n".join(f"**{number}.** And so it went on." for number in range(1, 40))


@chat.register(
    title="Patient",
    description="Says at once that it is thinking, has no dot while it writes, and words on its buttons.",
    show_progress="full",
    placeholder_threshold=0.2,
    placeholder_text="One moment, please",
    show_activity_dot=False,
    submit_btn="Ask",
    stop_btn="Enough",
    yields="tokens",
)
async def patient(message: str) -> AsyncIterator[str]:
    await asyncio.sleep(2)
    for word in ["All", "good", "things", "come", "to", "those", "who", "wait", "for", "them."]:
        yield word + " "
        await asyncio.sleep(0.15)


@chat.register(
    title="Bare",
    description="No buttons but the one to send, in 480 pixels, with HTML of the site’s own.",
    show_rerun=False,
    show_undo=False,
    show_clear=False,
    show_copy_icon=False,
    buttons=[],
    height=480,
    sanitize_html=False,
    retention=30,
    delete_cache=(3600, 86400),
)
def bare(message: str) -> str:
    return f'<p class="house-note">{len(message)} characters.</p>'


def apologise(exception: Exception, instance: chat.ChatSession) -> str:
    return f"Sorry: **{type(exception).__name__}**. Try a number that is not 0."


@chat.register(
    title="Sorry",
    description="Says in words of its own that it failed. Divides a hundred by what you say.",
    callback_exception=apologise,
    examples=["4", "0", "a word"],
    examples_label="Try one of these",
)
def sorry(message: str) -> str:
    return f"{100 / float(message):g}"

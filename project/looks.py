"""Demo chats for how a log may look and be read."""

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

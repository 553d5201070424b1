"""How many bytes a streamed reply takes: linear in its text, whatever it is made of."""

from collections.abc import Iterator

import pytest

from chatinterface.content.incremental import IncrementalMarkdown

TOKENS = 2000


def prose() -> Iterator[str]:
    """Headings, paragraphs, lists and code in turn, as models answer."""
    for index in range(TOKENS):
        turn, word = index % 120, f"word{index}"
        if turn == 0:
            yield f"\n\n## {word}\n\n"
        elif turn in (20, 40):
            yield f"\n\n**{word}** "
        elif turn == 30:
            yield f"`{word}` "
        elif 60 <= turn < 90 and turn % 6 == 0:
            yield f"\n- {word} " if turn > 60 else f"\n\n- {word} "
        elif turn == 90:
            yield f"\n\n```python\n{word} "
        elif turn in (97, 104, 111):
            yield f"\n{word} "
        elif turn == 119:
            yield f"{word}\n```\n"
        else:
            yield f"{word} "


def words(start: str, every: int, separator: str, end: str = "") -> Iterator[str]:
    yield start
    for index in range(TOKENS):
        yield f"{separator if index and index % every == 0 else ''}word{index} "
    yield end


def table() -> Iterator[str]:
    yield "| a | b | c | d |\n|---|---|---|---|\n"
    for index in range(TOKENS):
        yield f"| word{index} " if index % 4 < 3 else f"| word{index} |\n"


REPLIES = {
    "prose": list(prose()),
    "paragraph": list(words("", 9999, "")),
    "code": list(words("```python\n", 8, "\n", "\n```\n")),
    "list": list(words("- ", 6, "\n- ")),
    "table": list(table()),
    "quote": list(words("> ", 9, "\n> ")),
}


@pytest.mark.parametrize("size", [30, TOKENS // 8 + 1])
@pytest.mark.parametrize("name", REPLIES)
def test_bytes_linear(name: str, size: int) -> None:
    tokens = REPLIES[name]
    markdown, sent = IncrementalMarkdown(), 0
    for start in range(0, len(tokens), size):
        for token in tokens[start : start + size]:
            markdown.append(token)
        patch = markdown.patch()
        sent += len(patch.tail.encode()) if patch else 0
    assert markdown.html == markdown.finish()
    assert sent <= 2.5 * len(markdown.text.encode())


def test_fence_sends_each_byte_once() -> None:
    markdown, sent = IncrementalMarkdown(), 0
    markdown.append("```\n")
    markdown.patch()
    for _ in range(TOKENS):
        markdown.append("some text\n" * 10)
        patch = markdown.patch()
        assert patch
        sent += len(patch.tail)
    assert sent < 1.2 * len(markdown.text)

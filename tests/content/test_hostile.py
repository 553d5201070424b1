"""Documents made to be slow: under 200 ms of processor time for 100 kB, generously measured."""

import time

import pytest

from chatinterface.content.incremental import IncrementalMarkdown
from chatinterface.content.markdown import render

SIZE = 100_000
# Twice the aim: the test machine may be slow.
SECONDS = 0.4

HOSTILE = {
    "asterisks": "*" * SIZE,
    "emphasis": "*a" * (SIZE // 2),
    "strong": "**a " * (SIZE // 4),
    "brackets": "[" * SIZE,
    "links": "[a](" * (SIZE // 4),
    "images": "![](http://a)" * (SIZE // 13),
    "backticks": " ".join("`" * length for length in range(440)),
    "ticks": "`a" * (SIZE // 2),
    "quotes": ">" * SIZE,
    "spaced quotes": "> " * (SIZE // 2),
    "lists": "- " * (SIZE // 2),
    "numbers": "1. " * (SIZE // 3),
    "stairs": "".join(" " * depth * 2 + "- a\n" for depth in range(310)),
    "wide table": "|a" * 5000 + "|\n" + "|-" * 5000 + "|\n" + ("|b" * 5000 + "|\n") * 8,
    "short rows": "|a" * 5000 + "|\n" + "|-" * 5000 + "|\n" + "|b\n" * 25_000,
    "aligned rows": "|a" * 40 + "|\n" + "|:-:" * 40 + "|\n" + "|b\n" * 33_000,
    "angles": "<" * SIZE,
    "comments": "<!--" * (SIZE // 4),
    "bold": "<b>" * (SIZE // 3),
    "different bold": "".join(f"<b x={index}>\n\n" for index in range(8000)),
    "paragraphs in bold": "<div>\n" + "<b>" * 20 + "<p>x</p>" * 12_000,
    "items in bold": "<div>" + "<b>" * 16 + "<li>x</li>" * 9000,
    "raw tables": "<table><tr><td>" * 6000,
    "details": "<details>\n\n" * 9000,
    "attributes": "<b " + "a=b " * (SIZE // 4) + ">",
    "open attributes": "<div>\n" + "<a b='x' " * 11_000,
    "spaces in tag": "<div>\n" + ("<a" + " " * 1000) * 100,
    "dollars": "$a" * (SIZE // 2),
    "formulas": "".join(f"${index}a$ " for index in range(11_000)),
    "long formulas": "".join("$" + "&" * 990 + f"{index}$ " for index in range(100)),
    "footnotes": "".join(f"[^{index}]: b\n\n" for index in range(7000)),
    "definitions": "".join(f"[{index}]: b\n" for index in range(8000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_document(name: str) -> None:
    text = HOSTILE[name]
    best = min(_seconds(text) for _ in range(2))
    assert best < SECONDS


def _seconds(text: str) -> float:
    start = time.thread_time()
    html = render(text)
    taken = time.thread_time() - start
    assert len(html) < 20 * SIZE
    return taken


@pytest.mark.parametrize("language", ["c", "csharp", "python", "html", "css", "bash", "console"])
@pytest.mark.parametrize("piece", ["\n", "//", "a\n", "(", "'", "<", "{{"])
def test_hostile_code(language: str, piece: str) -> None:
    text = f"```{language}\n" + piece * (9000 // len(piece)) + "\n```\n"
    start = time.thread_time()
    render(text)
    assert time.thread_time() - start < 2 * SECONDS


def test_appending_renders_nothing() -> None:
    markdown = IncrementalMarkdown()
    start = time.thread_time()
    for _ in range(100_000):
        markdown.append("word ")
    assert time.thread_time() - start < SECONDS

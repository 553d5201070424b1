"""Documents made to be slow: they take the processor hardly longer than an ordinary one of the same size."""

import time
from collections.abc import Callable

import pytest

from chatinterface.content import code
from chatinterface.content.incremental import IncrementalMarkdown
from chatinterface.content.markdown import render

SIZE = 100_000
# How many times as long as the ordinary document, at most. What is quadratic takes hundreds of times as long.
FACTOR = 60
# So often it may be tried: other work on the machine slows down one or the other.
TRIES = 8

ORDINARY = (
    "# A heading\n\nA paragraph with *emphasis*, `code`, **strong words** and a [link](https://example.org/).\n\n"
    "- one item\n- another, with $x^2$ in it\n\n> A quotation.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
)

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


@pytest.fixture(autouse=True)
def unhurried() -> None:
    """Here the processor's time counts."""


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_document(name: str) -> None:
    ordinary = ORDINARY * (SIZE // len(ORDINARY))
    assert soon(lambda: render(HOSTILE[name]), lambda: render(ordinary))
    assert len(render(HOSTILE[name])) < 20 * SIZE


@pytest.mark.parametrize("language", ["c", "csharp", "python", "html", "css", "bash", "console"])
@pytest.mark.parametrize("piece", ["\n", "//", "a\n", "(", "'", "<", "{{"])
def test_hostile_code(language: str, piece: str) -> None:
    """It is given up: what a lexer does between two looks at the clock is no more than that."""
    text = f"```{language}\n" + piece * (9000 // len(piece)) + "\n```\n"
    assert any(seconds(lambda: render(text)) < 2 * code.RESERVE for _ in range(TRIES))


def test_appending_renders_nothing() -> None:
    def append(count: int) -> None:
        markdown = IncrementalMarkdown()
        for _ in range(count):
            markdown.append("word ")

    assert soon(lambda: append(100_000), lambda: [f"{index} word" for index in range(100_000)])


def soon(work: Callable[[], object], control: Callable[[], object]) -> bool:
    """Whether it takes no more than so many times as long as something else, measured right beside it."""
    return any(seconds(work) < FACTOR * seconds(control) for _ in range(TRIES))


def seconds(work: Callable[[], object]) -> float:
    """The processor time that it takes."""
    start = time.thread_time()
    work()
    return time.thread_time() - start

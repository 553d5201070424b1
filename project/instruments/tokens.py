"""Token streams that a benchmark can check: each token carries a tag and its number, the last one the tag and END."""

from collections.abc import Callable, Iterator

# Of every hundred tokens, the ones that begin another piece of Markdown.
OPENINGS = {4: "\n\n", 60: "\n\n- ", 80: "\n\n```python\n"} | dict.fromkeys((64, 68, 72, 76), "\n- ")
OPENINGS |= dict.fromkeys((85, 90, 95), "\n")
CODE_BEGINS = 80


def prose(count: int, tag: str) -> Iterator[str]:
    """What a language model writes: headings, paragraphs, lists and short code blocks, in turn."""
    for number in range(count):
        place, last = number % 100, number == count - 1
        name = f"{tag}{number}"
        token = OPENINGS.get(place, "") + {10: f"**{name}**", 20: f"`{name}`"}.get(place, name) + " "
        if place == 0:
            token = ("\n\n" if number else "") + f"### {name} "
        if place == 99 and not last:
            token = f"{name}\n```\n"
        if last:
            token += f"{tag}END" + ("\n```\n" if place >= CODE_BEGINS else "")
        yield token


def code(count: int, tag: str) -> Iterator[str]:
    """One long code block, eight tokens a line."""
    for number in range(count):
        opening = "```python\n" if number == 0 else "\n" if number % 8 == 0 else ""
        yield f"{opening}{tag}{number} " + (f"{tag}END\n```\n" if number == count - 1 else "")


def bullets(count: int, tag: str) -> Iterator[str]:
    """One long list, eight tokens an item."""
    for number in range(count):
        opening = "" if number % 8 else "- " if number == 0 else "\n- "
        yield f"{opening}{tag}{number} " + (f"{tag}END\n" if number == count - 1 else "")


def table(count: int, tag: str) -> Iterator[str]:
    """One long table of four columns."""
    for number in range(count):
        opening = "" if number % 4 else "| a | b | c | d |\n|---|---|---|---|\n| " if number == 0 else "\n| "
        yield f"{opening}{tag}{number} " + (f"{tag}END |\n" if number == count - 1 else "| ")


SHAPES: dict[str, Callable[[int, str], Iterator[str]]] = {"prose": prose, "code": code, "list": bullets, "table": table}


def tokens(count: int, tag: str, shape: str = "prose") -> Iterator[str]:
    """The tokens of one reply. Raises KeyError for an unknown shape."""
    return SHAPES[shape](count, tag)

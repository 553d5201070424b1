"""What every chat that is measured has to do: answer `N D TAG [SHAPE]` with N tokens, D milliseconds apart."""

from collections.abc import Iterator

from project.instruments.tokens import tokens


def job(message: str) -> tuple[Iterator[str], float]:
    """The tokens that a message asks for, and the seconds after each."""
    count, milliseconds, tag, *shape = message.split()
    return tokens(int(count), tag, *shape), float(milliseconds) / 1000

"""How is a formula in LaTeX shown?"""

from functools import lru_cache
from html import escape
from typing import Literal

from latex2mathml.converter import convert

MAX_LENGTH = 1_000

Display = Literal["inline", "block"]


def source(latex: str) -> str:
    """Return the formula as it was written."""
    return f"<code>{escape(latex, quote=False)}</code>"


@lru_cache(maxsize=1024)
def mathml(latex: str, display: Display) -> str:
    """Return the formula as MathML, or as it was written when it is too long or not LaTeX."""
    if len(latex) > MAX_LENGTH:
        return source(latex)
    try:
        return convert(latex, display=display)
    except Exception:  # any: the parser has errors of its own, but also fails with those of Python
        return source(latex)

"""How is text shown that is no Markdown?"""

from html import escape

from chatinterface.content.blocks import Outline


def render_plain(source: str) -> str:
    """Each line as it was written, as an element of its own."""
    lines = source.removesuffix("\n").split("\n") if source else []
    return "".join(f'<div class="ci-plain">{escape(line, quote=False)}</div>\n' for line in lines)


def outline_plain(source: str) -> Outline:
    """The outline of whole lines: nothing that follows can change them."""
    return Outline(last=source.rfind("\n", 0, -1) + 1, raw=None, closed=True, in_fence=False)

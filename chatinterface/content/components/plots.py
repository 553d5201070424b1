"""Figures, and whatever shows itself as HTML: a drawing where one can be made, else a document in a sandboxed frame."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar

from chatinterface.content.components.base import Blob, Component, Part, Store
from chatinterface.content.components.frame import HEIGHT, Frame
from chatinterface.content.components.shown import represented
from chatinterface.content.markdown import normalise

# Bytes of a drawing beyond which a picture is lighter: one of very many points.
HEAVIEST = 1024 * 1024

# How plotly's figures behave, unless they say otherwise themselves.
CONFIG = {"responsive": True, "displaylogo": False}

# What stands in a document for the library of plotly, which the app serves from the installed package.
PLOTLY = "chatinterface-library-plotly.js"

_SIZE = re.compile(rb'<svg[^>]*? width="([\d.]+)pt" height="([\d.]+)pt"')
PIXELS_PER_POINT = 4 / 3


@dataclass(frozen=True, eq=False)
class Plot(Component):
    """A figure: of matplotlib as a drawing; of plotly, altair, folium and what else shows itself as HTML in a frame.

    ``alt`` says what is to be seen on it, to those who do not see it; by default its own title.
    """

    figure: Any
    alt: str = ""
    height: int = HEIGHT
    key: str | None = None

    kind: ClassVar[str] = "plot"

    def part(self, store: Store) -> Part:
        """See Component.part(): that of a drawing, a picture or a frame."""
        return self._shown().part(store) if not self._is_drawn() else super().part(store)

    def props(self, store: Store) -> dict[str, Any]:
        """See Component.props(); for a figure of matplotlib."""
        figure = drawn(self.figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
        drawing, kind, name = buffer.getvalue(), "image/svg+xml", "plot.svg"
        size = _size(drawing)
        if len(drawing) > HEAVIEST:
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", bbox_inches="tight", dpi=192)
            drawing, kind, name = buffer.getvalue(), "image/png", "plot.png"
        if pyplot := sys.modules.get("matplotlib.pyplot"):
            pyplot.close(figure)  # It would be kept for ever.
        return {"items": [store(Blob(source=drawing, name=name, content_type=kind))], "alt": self.text(), **size}

    def text(self) -> str:
        """See Component.text()."""
        return normalise(str(self.alt or _title(self.figure) or type(self.figure).__name__))

    def _is_drawn(self) -> bool:
        return is_matplotlib(self.figure)

    def _shown(self) -> Component:
        return framed(self.figure, self.text(), self.height)


def is_matplotlib(value: Any) -> bool:
    """Whether matplotlib can draw it: a figure, or something of one."""
    return hasattr(drawn(value), "savefig") and hasattr(drawn(value), "get_size_inches")


def drawn(value: Any) -> Any:
    """The figure of matplotlib that a value is, or is a part of."""
    own = getattr(value, "figure", None)
    return own if hasattr(own, "savefig") else value


def framed(figure: Any, title: str = "", height: int = HEIGHT) -> Component:
    """The component for a figure that shows itself as HTML, or as a picture. Raises TypeError for what does neither."""
    if callable(to_html := getattr(figure, "to_html", None)):
        html = _own_html(figure, to_html)
        if html:
            return Frame(html, title, height)
    if callable(root := getattr(figure, "get_root", None)) and hasattr(root(), "render"):
        return Frame(root().render(), title, height)  # folium
    shown = represented(figure, title)
    if shown is None:
        raise TypeError(f"{type(figure).__name__} does not show itself as HTML or as a picture.")
    return shown


def _own_html(figure: Any, to_html: Any) -> str:
    modules = {each.__module__.partition(".")[0] for each in type(figure).__mro__}
    if "plotly" in modules:
        return str(to_html(full_html=True, include_plotlyjs=PLOTLY, default_height="450px", config=CONFIG))
    if "altair" in modules:
        return str(to_html(inline=find_spec("vl_convert") is not None))
    return ""


def _size(drawing: bytes) -> dict[str, int]:
    """The size of a drawing in pixels, as it says itself in points."""
    found = _SIZE.search(drawing[:2000])
    if found is None:
        return {}
    width, height = (round(float(points) * PIXELS_PER_POINT) for points in found.groups())
    return {"width": width, "height": height}


def _title(figure: Any) -> str:
    """What a figure is called: the titles in it, of whichever library it is."""
    if is_matplotlib(figure):
        whole = drawn(figure)
        heading = whole.get_suptitle() if hasattr(whole, "get_suptitle") else ""
        titles = [heading, *(axes.get_title() for axes in whole.axes)]
        return ", ".join(title for title in titles if title)
    title = getattr(getattr(figure, "layout", None), "title", None) or getattr(figure, "title", "")
    text = getattr(title, "text", title)
    return text if isinstance(text, str) else ""
